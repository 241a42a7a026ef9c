import { describe, expect, it } from "vitest";
import { age, clock, countdown, duration, exact, moment, span } from "../../src/format/time";

const at = (text: string) => Date.parse(text);

it.each([
  [0, "0:00"],
  [-3, "0:00"],
  [21, "0:21"],
  [20.6, "0:21"],
  [600, "10:00"],
  [3600, "1 h"],
])("%d s count down as %s", (seconds, text) => expect(countdown(seconds)).toBe(text));

it.each([
  [8.9, "8 s"],
  [60, "1 min"],
  [3 * 3600 + 12 * 60, "3 h 12 min"],
  [7200, "2 h"],
  [30 * 3600, "1 day 6 h"],
  [4 * 86400, "4 days"],
])("%d s are %s", (seconds, text) => expect(span(seconds)).toBe(text));

it.each([
  [62, "1 min 02 s"],
  [60, "1 min"],
  [38, "38 s"],
])("%d s are exactly %s", (seconds, text) => expect(exact(seconds)).toBe(text));

it.each([
  [4, 5, "4 s"],
  [12, 5, "10 s"],
  [12, 1, "12 s"],
  [59.9, 5, "55 s"],
  [1500, 5, "25 min"],
  [4 * 3600 + 1, 5, "4 h"],
  [90000, 5, "1 day"],
])("an age of %d s in steps of %d reads %s", (seconds, step, text) => expect(age(seconds, step)).toBe(text));

describe("clock times are local and of 24 hours", () => {
  const now = at("2026-03-02T01:14:00Z");
  it.each([
    ["2026-03-02T01:24:00Z", "02:24"],
    ["2026-03-02T22:59:00Z", "23:59"],
    ["2026-03-06T17:00:00Z", "Fri 18:00"],
    ["2026-04-04T16:00:00Z", "Apr 4 18:00"],
  ])("%s is %s", (time, text) => expect(moment(at(time), now)).toBe(text));

  it("midnight is 00, not 24", () => expect(clock(at("2026-03-01T23:05:00Z"))).toBe("00:05"));
});

it.each([
  ["20", 1200],
  ["20 min", 1200],
  ["90s", 90],
  ["1h 30m", 5400],
  ["1.5 h", 5400],
  ["2 days", 172800],
  ["0", null],
  ["", null],
  ["soon", null],
  ["10 parsecs", null],
  ["5 min later", null],
])("“%s” means %s s", (text, seconds) => expect(duration(text)).toBe(seconds));
