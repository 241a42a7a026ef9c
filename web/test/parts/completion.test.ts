import { describe, expect, it } from "vitest";
import { isUnfinished, suggestions, tokens } from "../../src/parts/completion";

const known = {
  people: [
    { key: "lena", name: "Lena Öst" },
    { key: "leo", name: "leo" },
    { key: "omar", name: "omar" },
  ],
  groups: ["dba", "legal"],
};

const values = (text: string) => suggestions(text, known).map((suggestion) => suggestion.value);

it.each([
  ["le", ["lena ", "leo ", "@legal "]],
  ["@d", ["@dba "]],
  ["any of @", ["any of @dba ", "any of @legal "]],
  ["lena ", ["lena and ", "lena or "]],
  ["lena o", ["lena or "]],
  ["lena or ", []],
  ["lena or o", ["lena or omar "]],
  ["2 of @dba and (le", ["2 of @dba and (lena ", "2 of @dba and (leo ", "2 of @dba and (@legal "]],
  ["(lena or omar)", []],
  ["(lena or omar)a", ["(lena or omar)and "]],
  ["(lena or omar) ", ["(lena or omar) and ", "(lena or omar) or "]],
  ["an", ["any of "]],
  ["", []],
  ["lena, o", ["lena, omar "]],
])("after “%s”", (text, wanted) => expect(values(text)).toEqual(wanted));

it.each([
  ["any of @", 8, true],
  ["any of @d", 8, true],
  ["any of @leagl and o", 8, false],
  ["bob x", 5, true],
  ["bbo ", 1, false],
  ["any of @", null, true],
  ["é ü@", 3, true],
])("in “%s” what was refused at %s is still being typed: %s", (text, column, wanted) =>
  expect(isUnfinished(text, column)).toBe(wanted),
);

describe("the coloured text", () => {
  it.each(["2 of @dba and (lena or omar)", "  lena,omar  ", "", "((", "é ü"])("is the typed text: “%s”", (text) => {
    expect(tokens(text, null).map((token) => token.text).join("")).toBe(text);
  });

  it("marks names, words and what was refused", () => {
    expect(tokens("any of @leagl", 8).filter((token) => token.kind !== "space")).toEqual([
      { text: "any", kind: "word" },
      { text: "of", kind: "word" },
      { text: "@leagl", kind: "bad" },
    ]);
  });
});
