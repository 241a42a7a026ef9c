import { expect, it } from "vitest";
import { activities, asks } from "../../dev/story.mjs";
import { nothing, replaced } from "../../src/live/world";
import { titleOf } from "../../src/pages/title";

const NOW = Date.parse("2026-03-02T01:14:00Z");
const only = (state: string) =>
  replaced(nothing, "activities", activities(NOW).filter((activity) => activity.state === state), NOW);

it.each([
  ["somebody asks", replaced(only("ringing"), "asks", asks(NOW), NOW), "(1) mia asks you"],
  ["ringing", only("ringing"), "0:21 orders DB down"],
  ["live", only("live"), "Live: storage question"],
  ["waiting", only("waiting"), "Now · Quorate"],
])("%s", (_, world, title) => expect(titleOf(world, "Now", NOW)).toBe(title));
