import { expect, it } from "vitest";
import { activities, people, streams } from "../../dev/story.mjs";
import { others, overOnes, peopleInOrder, streamsInOrder, underWay } from "../../src/live/lists";
import { nothing, replaced } from "../../src/live/world";

const NOW = Date.parse("2026-03-02T01:14:00Z");

it("ringing, live, waiting stand under way; what is over does not", () => {
  const { activities: all } = replaced(nothing, "activities", activities(NOW).reverse(), NOW);
  expect(underWay(all).map((activity) => activity.id)).toEqual(["Q481", "Q480", "Q477"]);
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
