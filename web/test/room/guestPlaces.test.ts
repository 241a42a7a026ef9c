import { expect, it } from "vitest";
import { room } from "../../dev/story.mjs";
import { guestClauses } from "../../src/room/guestPlaces";

const NOW = Date.parse("2026-03-02T01:14:00Z");

it("a guest sees who is in and how many more, nobody who was asked", () => {
  const drawn = guestClauses(room("waiting", NOW), NOW).map((clause) => [
    clause.heading,
    clause.tally,
    clause.places.map((place) => `${place.name}: ${place.note}`),
  ]);
  expect(drawn).toEqual([
    ["sam", "asks", ["sam: ready"]],
    ["2 DBAs", "1 of 2", ["you: said yes", "1 more: 0:21 left"]],
    ["lena or omar", "done", ["omar: said yes"]],
  ]);
});

it.each([
  [30, 0.7],
  [42, 0.5],
  [10, 1],
])("the arc of who is being asked is part of the whole time to answer, %s s", (ring_s, part) => {
  const [, dbas] = guestClauses({ ...room("waiting", NOW)!, ring_s }, NOW);
  expect(dbas?.places[1]?.left).toEqual({ seconds: 21, part });
});
