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
