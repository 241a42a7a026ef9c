import { expect, it } from "vitest";
import type { TraceLine } from "../../src/api/names";
import type { Known } from "../../src/live/world";
import { sourceLine } from "../../src/parts/source";

const NOW = 1_000_000_000;
const ACCOUNTS = ["xmpp:sam@example.org"];

const line = (source: string, extra: Partial<TraceLine> = {}): TraceLine => ({
  source,
  says: "available",
  at: "2026-03-02T01:14:00Z",
  age_s: 12,
  used: true,
  asked: false,
  why_not: null,
  ...extra,
});

const person = (trace: TraceLine[]) => ({ person: "raj", trace, activity: null, heard: NOW }) as unknown as Known;

it.each([
  [[line("sam@example.org's stream")], "told by your stream"],
  [[line("sam@example.org's stream", { asked: true })], "asked on your stream 10 s ago"],
  [[line("sam@example.org's stream", { asked: true, used: false, says: "no answer in 3 s", age_s: 9 })], "asked 5 s ago, no answer in 3 s"],
  [[line("alice@example.org's stream", { asked: true })], "seen on alice@example.org's stream 10 s ago · asked"],
  [[line("alice@example.org's stream")], "seen on alice@example.org's stream 10 s ago"],
  [[line("said so", { age_s: 7200 })], "said so 2 h ago"],
  [[line("page open", { age_s: 61 })], "page open · 1 min ago"],
  [[], "nothing was heard yet"],
  [[line("said so", { used: false }), line("sam@example.org's stream")], "told by your stream"],
])("%#", (trace, text) => expect(sourceLine(person(trace), ACCOUNTS, NOW)).toBe(text));

it("the age counts on from when it was heard", () => {
  expect(sourceLine(person([line("said so")]), ACCOUNTS, NOW + 60_000)).toBe("said so 1 min ago");
});

it.each([
  ["in", "told by your stream · in Q481"],
  ["asked", "told by your stream · being asked, Q481"],
] as const)("says which activity the person is in, or only asked for: %s", (state, text) => {
  const engaged = { ...person([line("sam@example.org's stream")]), activity: "Q481", activity_state: state };
  expect(sourceLine(engaged, ACCOUNTS, NOW)).toBe(text);
});

it("does not say twice that somebody is in a room", () => {
  const engaged = { ...person([line("in room Q481", { says: "busy" })]), activity: "Q481", activity_state: "in" as const };
  expect(sourceLine(engaged, ACCOUNTS, NOW)).toBe("in room Q481 · 10 s ago");
});
