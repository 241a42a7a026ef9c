/** Where a verdict about a person comes from and how old it is, in one line. */

import type { TraceLine } from "../api/names";
import type { Known } from "../live/world";
import { age } from "../format/time";
import { t } from "../texts";

const STREAM = /^(.+?)['’]s stream$/;

/** Seconds since the evidence was heard, counted on from when this page got it. */
export const ageNow = (line: TraceLine, person: Known, now: number): number =>
  line.age_s + Math.max(0, now - person.heard) / 1000;

/** The line that decided, or what was tried last if nothing did. */
const deciding = (trace: TraceLine[]): TraceLine | undefined => trace.find((line) => line.used) ?? trace[0];

export function sourceLine(person: Known, accounts: readonly string[], now: number, step = 5): string {
  const line = deciding(person.trace);
  const told = line ? describe(line, age(ageNow(line, person, now), step), accounts) : t("people.no-evidence");
  if (!person.activity || line?.source === `in room ${person.activity}`) return told;
  const part = person.activity_state === "asked" ? "people.asked" : "people.in";
  return `${told} · ${t(part, { id: person.activity })}`;
}

function describe(line: TraceLine, ago: string, accounts: readonly string[]): string {
  if (line.source === "said so") return t("source.said", { ago });
  const account = STREAM.exec(line.source)?.[1];
  if (account === undefined) return t("source.plain", { source: line.source, ago });
  if (line.asked && /^no answer/.test(line.says)) return t("source.no-answer", { ago, says: line.says });
  const own = accounts.length === 0 || accounts.some((address) => address.endsWith(account));
  if (own) return line.asked ? t("source.asked", { ago }) : t("source.told");
  return t(line.asked ? "source.other-asked" : "source.other", { stream: line.source, ago });
}
