import { describe, expect, it } from "vitest";
import { activities } from "../../dev/story.mjs";
import type { Activity } from "../../src/api/names";
import { askedCount, clauses, laterOnes, notComing, totals } from "../../src/parts/places";

const NOW = Date.parse("2026-03-02T01:14:00Z");
const one = (id: string): Activity => activities(NOW).find((activity) => activity.id === id)!;

const drawn = (activity: Activity) =>
  clauses(activity, NOW).map((clause) => [clause.heading, clause.tally, clause.places.map((place) => `${place.name} ${place.state}`)]);

it("ringing: who said yes is in, who is asked has an arc, nobody else has a place", () => {
  expect(drawn(one("Q481"))).toEqual([
    ["You", "asking", ["you in"]],
    ["2 of @dba", "1 of 2", ["raj in", "kofi asked"]],
    ["lena or omar", "done", ["omar in"]],
  ]);
});

it("the arc shows the part of the ring that is left", () => {
  const kofi = clauses(one("Q481"), NOW)[1]!.places[1]!;
  expect(kofi.note).toBe("0:21 left");
  expect(kofi.left).toEqual({ seconds: 21, part: 0.7 });
});

it("waiting: who could come, then numbered open places", () => {
  expect(drawn(one("Q477"))).toEqual([
    ["You", "asking", ["you in"]],
    ["5 of @board", "3 could", ["anna could", "bo could", "ivo could", "open open", "open open"]],
    ["chair or vice", "1 could", ["chair could"]],
  ]);
});

it("a place only one person can take shows that person, whatever they are", () => {
  const activity = one("Q477");
  const bob = { ...activity.people[0]!, person: "bob", name: "bob", availability: "offline" as const, reason: "offline" };
  const named = { ...activity, people: [bob], places: [{ clause: "bob", need: 1, taken: 0, people: ["bob"], optional: false }] };
  const place = clauses(named, NOW)[1]!.places[0]!;
  expect([place.name, place.state, place.note]).toEqual(["bob", "open", "offline"]);
});

it("a person has one place only, even if two clauses could use them", () => {
  const activity = one("Q481");
  const twice = { ...activity, places: activity.places.map((clause) => ({ ...clause, people: ["raj", "kofi", "omar"] })) };
  const names = clauses(twice, NOW).flatMap((clause) => clause.places.map((place) => place.name)).filter((name) => name !== "open");
  expect(new Set(names).size).toBe(names.length);
});

it("whoever two clauses could use sits where the server says", () => {
  const activity = one("Q481");
  const said = (person: string) => ({ ...activity.people[0]!, person, name: person, state: "accepted" as const });
  const people = ["bo", "ivo", "chair"].map(said);
  const places = [
    { clause: "2 of @board", need: 2, taken: 2, people: ["bo", "ivo", "chair"], optional: false },
    { clause: "chair or vice", need: 1, taken: 1, people: ["chair"], optional: false },
  ];
  expect(drawn({ ...activity, people, places }).slice(1)).toEqual([
    ["2 of @board", "2 of 2", ["bo in", "ivo in"]],
    ["chair or vice", "done", ["chair in"]],
  ]);
});

it("somebody asked beside those needed (a spare) gets a place too", () => {
  const activity = one("Q481");
  const people = activity.people.map((person) => (person.person === "hana" ? { ...person, state: "sent" as const } : person));
  expect(clauses({ ...activity, people }, NOW)[1]!.places.map((place) => place.name)).toEqual(["raj", "kofi", "hana"]);
});

it("once it is over, nobody is shown as still here", () => {
  const live = activities(NOW).find((activity) => activity.state === "live")!;
  const notes = clauses({ ...live, state: "ended" }, NOW).flatMap((clause) => clause.places.map((place) => [place.state, place.note]));
  expect(notes).toEqual([
    ["in", ""],
    ["in", "was here"],
  ]);
});

it("who is asked for something else could not come now", () => {
  const waiting = one("Q477");
  const held = waiting.people.map((person) => ({ ...person, availability: "available" as const, reason: "held" }));
  expect(clauses({ ...waiting, people: held }, NOW).slice(1).map((clause) => clause.tally)).toEqual(["nobody yet", "nobody yet"]);
});

describe("not coming", () => {
  it("says who and why", () => {
    expect(notComing(one("Q481"), NOW).map(({ key, text }) => [key, text[1].names])).toEqual([
      ["no", "ines"],
      ["silent", "lena and hana"],
      ["cannot", "petra"],
    ]);
  });

  it("somebody whom the invitation did not reach has not failed to answer", () => {
    const activity = one("Q481");
    const people = activity.people.map((person) =>
      person.person === "lena" ? { ...person, state: "silent" as const, reason: "unreachable" } : person,
    );
    const shown = notComing({ ...activity, people }, NOW).map(({ key, text }) => [key, text[1].names]);
    expect(shown).toEqual([["no", "ines"], ["silent", "hana"], ["cannot", "lena and petra"]]);
  });

  it("nobody “cannot be asked” while nobody is asked", () => expect(notComing(one("Q477"), NOW)).toEqual([]));
});

it("counts places with the organiser's own, and who was asked", () => {
  expect(totals(one("Q481"))).toEqual({ taken: 3, need: 4 });
  expect(totals({ ...one("Q481"), organiser_state: "not-taking-part" })).toEqual({ taken: 2, need: 3 });
  expect(totals({ ...one("Q481"), organiser_state: "left" })).toEqual({ taken: 2, need: 4 });
  expect(totals({ ...one("Q481"), organiser_state: "left", state: "ended" })).toEqual({ taken: 3, need: 4 });
  expect(askedCount(one("Q481"))).toBe(6);
  expect(askedCount(one("Q477"))).toBe(0);
});

describe("who is asked besides those needed", () => {
  const noteOf = (name: string, activity: Activity) =>
    clauses(activity, NOW).flatMap((clause) => clause.places).find((place) => place.name === name)?.note;

  it("is called a spare", () => {
    expect(noteOf("hana", one("Q479"))).toBe("spare, 0:17");
    expect(noteOf("raj", one("Q479"))).toBe("0:17 left");
  });

  it("is none if they are optional", () => {
    const activity = one("Q479");
    const places = [{ clause: "hana", need: 1, taken: 0, people: ["hana"], optional: true }];
    expect(noteOf("hana", { ...activity, places })).toBe("0:17 left");
  });
});

it("quiet hours and a conflict of interest are told with their reason", () => {
  const shown = notComing(one("Q478"), NOW);
  expect(shown.map(({ key, text }) => [key.slice(0, 5), text[0], text[1].names])).toEqual([
    ["confl", "card.conflict", "mia"],
    ["quiet", "card.quiet", "dad"],
  ]);
  const dad = clauses(one("Q478"), NOW).flatMap((clause) => clause.places).find((place) => place.name === "dad");
  expect([dad?.state, dad?.note]).toEqual(["open", "quiet hours"]);
});

it("knows who may be taken at their word", () => {
  const story = one("Q481");
  const people = [
    { ...story.people[0]!, state: "later" as const },
    { ...story.people[1]!, state: "sent" as const },
  ];
  expect(laterOnes({ ...story, people })).toEqual([people[0]]);
});
