import { expect, it } from "vitest";
import { activities, people, streams } from "../../dev/story.mjs";
import { overOnes, peopleInOrder, streamsInOrder, underWay } from "../../src/live/lists";
import { nothing, replaced } from "../../src/live/world";

const NOW = Date.parse("2026-03-02T01:14:00Z");

it("ringing, live, waiting stand under way; what is over does not", () => {
  const { activities: all } = replaced(nothing, "activities", activities(NOW).reverse(), NOW);
  expect(underWay(all).map((activity) => activity.id)).toEqual(["Q481", "Q480", "Q477"]);
  expect(overOnes(all).map((activity) => activity.id)).toEqual(["Q476"]);
});

it("people who could come stand first, those in something before them", () => {
  const { people: all } = replaced(nothing, "people", people(NOW).reverse(), NOW);
  expect(peopleInOrder(all).map((person) => person.person)).toEqual(["kofi", "raj", "nadia", "hugo", "vera", "tom", "petra"]);
});

it("live streams stand first", () => {
  const { streams: all } = replaced(nothing, "streams", streams(NOW).reverse(), NOW);
  expect(streamsInOrder(all).map((stream) => stream.state)).toEqual(["live", "frozen", "blind"]);
});
