import { expect, it } from "vitest";
import { activities } from "../../dev/story.mjs";
import type { Activity } from "../../src/api/names";
import { barOf } from "../../src/parts/TimeBar";
import { hereZone, timesOf } from "../../src/parts/Times";

const NOW = Date.parse("2026-03-02T01:14:00Z");
const one = (id: string): Activity => activities(NOW).find((activity) => activity.id === id)!;
const keys = (activity: Activity) => timesOf(activity, NOW).map(({ text }) => text[0]);

it("what has no times has no line", () => expect(timesOf(one("Q481"), NOW)).toEqual([]));

it("its beginning, its hours with their zone, and who is asked else", () => {
  expect(keys(one("Q478"))).toEqual(["times.begins", "times.hours-in", "times.else"]);
});

it("a zone that is the reader's own is not named", () => {
  const activity = one("Q478");
  const window = { ...activity.window!, zone: hereZone() };
  expect(keys({ ...activity, window })).toContain("times.hours");
});

it("a beginning that is over is not told any more", () => {
  expect(keys({ ...one("Q478"), at: new Date(NOW - 1).toISOString() })).not.toContain("times.begins");
});

it("who was asked first, once others are", () => expect(keys(one("Q479"))).toEqual(["times.ended-first"]));

it("the bar begins where the time it shows does", () => {
  expect(barOf(one("Q478"))).toMatchObject({ created: one("Q478").at, goesOn: true });
  expect(barOf(one("Q479"))).toMatchObject({ created: one("Q479").fell_back!.at, goesOn: false, ringing: true });
  expect(barOf(one("Q481"))).toMatchObject({ created: one("Q481").created });
});
