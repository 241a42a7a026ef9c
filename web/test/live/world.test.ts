import { expect, it } from "vitest";
import { activities, people } from "../../dev/story.mjs";
import { applied, failed, nothing, replaced } from "../../src/live/world";
import type { Problem } from "../../src/api/names";

const NOW = Date.parse("2026-03-02T01:14:00Z");
const problem = { status: 503 } as Problem;

it("an event puts the new state in the place of the old one", () => {
  const [first] = activities(NOW);
  const world = applied(replaced(nothing, "activities", activities(NOW), NOW), "activity", { ...first!, state: "live" }, NOW);
  expect(world.activities.get("Q481")?.state).toBe("live");
  expect(world.activities.size).toBe(activities(NOW).length);
});

it("a person's ages count from when the page heard", () => {
  const world = applied(nothing, "person", people(NOW)[0], NOW);
  expect(world.people.get("raj")?.heard).toBe(NOW);
});

it("an event nobody knows changes nothing", () => {
  expect(applied(nothing, "weather", {}, NOW)).toBe(nothing);
});

it("a fetched part replaces what is gone and forgets its error", () => {
  const before = failed(replaced(nothing, "people", people(NOW), NOW), "people", problem);
  const after = replaced(before, "people", people(NOW).slice(0, 1), NOW);
  expect([...after.people.keys()]).toEqual(["raj"]);
  expect(after.errors.people).toBeUndefined();
});

it("the error of one part leaves the others alone", () => {
  const world = failed(replaced(nothing, "people", people(NOW), NOW), "streams", problem);
  expect(world.people.size).toBe(7);
  expect(world.errors).toEqual({ streams: problem });
});
