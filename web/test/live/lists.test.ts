import { expect, it } from "vitest";
import { activities, asks, people, streams } from "../../dev/story.mjs";
import { others, overOnes, pastAsks, peopleInOrder, streamsInOrder, underWay } from "../../src/live/lists";
import { nothing, replaced } from "../../src/live/world";

const NOW = Date.parse("2026-03-02T01:14:00Z");

it("ringing, live, waiting stand under way; what is over does not", () => {
  const { activities: all } = replaced(nothing, "activities", activities(NOW).reverse(), NOW);
  expect(underWay(all).map((activity) => activity.id)).toEqual(["Q481", "Q479", "Q480", "Q478", "Q477"]);
  expect(overOnes(all).map((activity) => activity.id)).toEqual(["Q476"]);
});

it("people who could come stand first, those in something before them", () => {
  const { people: all } = replaced(nothing, "people", people(NOW).reverse(), NOW);
  expect(peopleInOrder([...all.values()]).map((person) => person.person)).toEqual(["kofi", "raj", "nadia", "hugo", "vera", "tom", "petra"]);
});

it("whoever owns the page is not among the people, whatever the account", () => {
  const { people: all } = replaced(nothing, "people", people(NOW), NOW);
  const me = (...accounts: string[]) => ({ accounts, name: "sam", availability: "available" as const, until: null });
  expect(others(all, me("xmpp:raj@example.org", "xmpp:tom@example.org")).map((person) => person.person)).toEqual(
    [...all.keys()].filter((key) => key !== "raj" && key !== "tom"),
  );
  expect(others(all, me())).toHaveLength(all.size);
  expect(others(all, null)).toHaveLength(all.size);
});

it("live streams stand first", () => {
  const { streams: all } = replaced(nothing, "streams", streams(NOW).reverse(), NOW);
  expect(streamsInOrder(all).map((stream) => stream.state)).toEqual(["live", "frozen", "blind"]);
});

it.each([
  ["accepted", "ringing", null, true],
  ["accepted", "live", null, true],
  ["accepted", "ended", 59, true],
  ["accepted", "ended", 61, false],
  ["silent", "ringing", null, true],
  ["silent", "live", null, false],
  ["silent", "expired", 1, false],
  ["asked", "ringing", null, false],
] as const)("an ask that is %s to what is %s (ended %s s ago) has a line: %s", (said, state, ago, shown) => {
  const ended_at = ago === null ? null : new Date(NOW - ago * 1000).toISOString();
  const activity = { ...activities(NOW)[0]!, state, ended_at };
  const ask = { ...asks(NOW)[0]!, activity: activity.id, state: said };
  const world = replaced(replaced(nothing, "activities", [activity], NOW), "asks", [ask], NOW);
  expect(pastAsks(world.asks, world.activities, NOW)).toHaveLength(shown ? 1 : 0);
});
