/** Suggestions for the word being typed in a requirement. */

export interface Suggestion {
  /** The whole field once the suggestion is taken. */
  value: string;
  label: string;
  /** What it is, in words. */
  note: string;
}

export interface Known {
  people: { key: string; name: string }[];
  groups: string[];
}

const MAX = 8;
const OPERATORS = ["and", "or"];
const COUNTS = ["any of", "all of", "2 of"];
const WORD = /[^\s(),+]*$/;

/** True if a person, a group or a bracket stands before, so that only an operator can follow. */
function complete(before: string): boolean {
  const words = before.trim().toLowerCase().split(/[\s(),+]+/).filter(Boolean);
  const last = words.at(-1);
  if (before.trim().endsWith(")")) return true;
  return last !== undefined && !["and", "or", "of", "any", "all", "half", "most", "optional"].includes(last) && !/^\d+%?$/.test(last);
}

export function suggestions(text: string, known: Known): Suggestion[] {
  const word = WORD.exec(text)?.[0] ?? "";
  const before = text.slice(0, text.length - word.length);
  const make = (label: string, note: string): Suggestion => ({ value: `${before}${label} `, label, note });
  const typed = word.toLowerCase();
  const fits = (label: string): boolean => label.toLowerCase().startsWith(typed) && label.toLowerCase() !== typed;
  if (complete(before) && !/[,+(]\s*$/.test(before)) {
    if (word === "" && !/\s$/.test(before)) return [];
    return OPERATORS.filter(fits).map((label) => make(label, ""));
  }
  if (typed === "") return [];
  const people = known.people
    .filter((person) => fits(person.key) || (person.name.toLowerCase().startsWith(typed) && person.key !== typed))
    .map((person) => make(person.key, person.name === person.key ? "" : person.name));
  const groups = known.groups.filter((group) => fits(`@${group}`) || fits(group)).map((group) => make(`@${group}`, ""));
  const counts = COUNTS.filter(fits).map((label) => make(label, ""));
  return [...people, ...groups, ...counts].slice(0, MAX);
}

/** True if what was refused (at `column`, from 1; null: all of it) is the word still being typed at the end. */
export function isUnfinished(text: string, column: number | null): boolean {
  const word = WORD.exec(text)?.[0] ?? "";
  return column === null || column > [...text].length - [...word].length;
}

export interface Token {
  text: string;
  kind: "who" | "word" | "space" | "bad";
}

const KEYWORDS = /^(and|or|of|any|all|half|most|optional|\d+%?|[(),+])$/i;

/** The text in pieces to be coloured; `badColumn` (from 1) marks the piece that was refused. */
export function tokens(text: string, badColumn: number | null): Token[] {
  let column = 1;
  return (text.match(/\s+|[(),+]|[^\s(),+]+/g) ?? []).map((piece) => {
    const from = column;
    column += [...piece].length;
    const bad = badColumn !== null && badColumn >= from && badColumn < column && piece.trim() !== "";
    if (bad) return { text: piece, kind: "bad" };
    if (piece.trim() === "") return { text: piece, kind: "space" };
    return { text: piece, kind: KEYWORDS.test(piece) ? "word" : "who" };
  });
}
