/** An activity as places to be filled: pure, from the API's JSON to what is drawn. */

import type { Activity, ActivityPerson, Clause } from "../api/names";
import { initials } from "../format/name";
import { age, at, countdown, moment, span } from "../format/time";
import { listed, t } from "../texts";
import type { Sign } from "../ui/Sprite";
import type { ClauseView } from "./Clause";
import type { PlaceView } from "./Place";

type People = ReadonlyMap<string, ActivityPerson>;
type Seats = ReadonlyMap<string, Clause>;

/** States in the order in which they take the places of a clause. */
const ORDER: ActivityPerson["state"][] = ["here", "accepted", "left", "sent", "queued", "later", "candidate"];

const over = (activity: Activity): boolean => !["waiting", "ringing", "live"].includes(activity.state);

/** The organiser's own place and one clause per part of the requirement. */
export function clauses(activity: Activity, now: number): ClauseView[] {
  const people = new Map(activity.people.map((person) => [person.person, person]));
  const drawn = new Set<string>();
  const seats = seated(activity.places);
  const rest = activity.places.map((clause) => clauseView(clause, people, seats, drawn, activity, now));
  return activity.organiser_state === "not-taking-part" ? rest : [yours(activity), ...rest];
}

/** Which clause somebody is in whom several could use: the API names first who fills a clause, then who could. */
function seated(places: Clause[]): Seats {
  const seats = new Map<string, Clause>();
  for (const size of ["taken", "need"] as const) {
    for (const clause of places) {
      for (const key of clause.people.slice(0, clause[size])) if (!seats.has(key)) seats.set(key, clause);
    }
  }
  return seats;
}

function yours(activity: Activity): ClauseView {
  if (over(activity) && activity.organiser_state !== "away") return you(activity, "in", "");
  const note: Record<string, string> = {
    ready: t("place.ready"),
    here: t("place.here"),
    left: t("place.left-now"),
    away: t("availability.away"),
  };
  const states = { ready: "in", here: "here", left: "left", away: "open", "not-taking-part": "open" } as const;
  return you(activity, states[activity.organiser_state], note[activity.organiser_state] ?? "");
}

function you(activity: Activity, state: PlaceView["state"], note: string): ClauseView {
  const letters = initials(activity.organiser_name || "?");
  const place: PlaceView = { key: "you", state, letters, name: t("picture.you-lower"), note };
  return { heading: t("picture.you"), tally: t("picture.asking"), optional: false, places: [place] };
}

function clauseView(
  clause: Clause,
  people: People,
  seats: Seats,
  drawn: Set<string>,
  activity: Activity,
  now: number,
): ClauseView {
  const named = clause.people.length <= clause.need;
  const able = clause.people
    .filter((key) => (seats.get(key) ?? clause) === clause)
    .map((key) => people.get(key))
    .filter((person): person is ActivityPerson => person !== undefined && !drawn.has(person.person))
    .filter((person) => takesPlace(person, named, over(activity)))
    .sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  const asked = able.filter((person) => person.state !== "candidate").length;
  const taking = able.slice(0, Math.max(clause.need, asked));
  const places = taking.map((person) => placeView(person, activity, now));
  for (const person of taking) drawn.add(person.person);
  for (let number = places.length + 1; number <= clause.need; number += 1) places.push(openPlace(number));
  return { heading: clause.clause, tally: tally(clause, able), optional: clause.optional, places };
}

/** A candidate who cannot come has a place only if the requirement names nobody else for it. */
function takesPlace(person: ActivityPerson, named: boolean, ended: boolean): boolean {
  if (!ORDER.includes(person.state)) return false;
  if (person.state !== "candidate") return true;
  return named || (!ended && person.availability === "available" && !person.reason);
}

function tally(clause: Clause, able: ActivityPerson[]): string {
  const moving = able.some((person) => person.state !== "candidate");
  if (clause.taken >= clause.need && clause.need === 1) return t("picture.done");
  if (clause.taken > 0 || moving) return t("picture.tally", { taken: clause.taken, need: clause.need });
  return t("picture.could", { n: able.filter((person) => person.availability === "available" && !person.reason).length });
}

const openPlace = (number: number): PlaceView => ({
  key: `open-${number}`,
  state: "open",
  letters: String(number),
  name: t("place.open"),
  note: "",
});

function placeView(person: ActivityPerson, activity: Activity, now: number): PlaceView {
  const view = { key: person.person, letters: initials(person.name), name: person.name };
  if (over(activity) && (person.state === "here" || person.state === "left")) {
    return { ...view, state: "in", note: t("place.was-here") };
  }
  const since = person.at ? (now - at(person.at)) / 1000 : 0;
  switch (person.state) {
    case "here":
      return { ...view, state: "here", note: t("place.here") };
    case "accepted":
      return { ...view, state: "in", note: t("place.said-yes") };
    case "left":
      return { ...view, state: "left", note: t("place.left", { ago: age(since) }) };
    case "sent":
      return asked(view, person, activity, now);
    case "queued":
      return { ...view, state: "asked", note: t("place.going-out") };
    case "later":
      return { ...view, state: "later", note: person.until ? inTime(at(person.until), now) : "" };
    default:
      return candidate(view, person);
  }
}

type Face = Pick<PlaceView, "key" | "letters" | "name">;

function asked(view: Face, person: ActivityPerson, activity: Activity, now: number): PlaceView {
  const seconds = person.until ? Math.max(0, (at(person.until) - now) / 1000) : 0;
  const left = { seconds, part: Math.min(1, seconds / activity.ring_s) };
  const spare = person.spare && !isOptional(person, activity);
  const note = t(spare ? "place.spare-left" : "place.time-left", { time: countdown(seconds) });
  return { ...view, state: "asked", note, left, spare };
}

/** The API calls who is asked as `optional` spare as well. */
const isOptional = (person: ActivityPerson, activity: Activity): boolean =>
  activity.places.some((clause) => clause.optional && clause.people.includes(person.person));

function candidate(view: Face, person: ActivityPerson): PlaceView {
  const availability = person.availability ?? "unknown";
  const could = availability === "available" && !person.reason;
  const note = person.reason === "quiet" ? t("place.quiet") : t(`availability.${availability}`);
  return { ...view, state: could ? "could" : "open", note, availability };
}

const inTime = (then: number, now: number): string =>
  t("place.in", { time: span(Math.max(0, (then - now) / 1000)) });

export interface NotComing {
  key: string;
  sign: Sign;
  tone: string;
  text:
    | ["card.said-no" | "card.cannot" | "card.told-covered", { names: string }]
    | ["card.silent", { names: string; s: number }]
    | ["card.conflict", { names: string; n: number }]
    | ["card.quiet", { names: string; n: number; time: string }];
}

const UNDELIVERED = new Set(
  ["unreachable", "never-seen", "no-stream", "stream-ended", "blind", "frozen", "too-early", "rate-limited", "timeout"],
);

/** The invitation could not leave, or came back. */
const undelivered = (person: ActivityPerson): boolean =>
  person.state === "silent" && !!person.reason && UNDELIVERED.has(person.reason);

/** Who was asked and does not come, in groups; only the organiser's page shows it. */
export function notComing(activity: Activity, now: number): NotComing[] {
  const names = (wanted: (person: ActivityPerson) => boolean) =>
    activity.people.filter(wanted).map((person) => person.name);
  const groups: [string[], (names: string) => NotComing][] = [
    [names((p) => p.state === "declined" && p.reason !== "conflict"), (n) => ({ key: "no", sign: "x", tone: "no", text: ["card.said-no", { names: n }] })],
    [
      names((p) => p.state === "silent" && !undelivered(p)),
      (n) => ({ key: "silent", sign: "clock", tone: "", text: ["card.silent", { names: n, s: Math.round(activity.ring_s) }] }),
    ],
    [
      names((p) => p.state === "withdrawn" && p.reason === "covered"),
      (n) => ({ key: "covered", sign: "check", tone: "", text: ["card.told-covered", { names: n }] }),
    ],
    [
      names((p) => undelivered(p) || (activity.state === "ringing" && p.state === "candidate" && p.availability !== "available")),
      (n) => ({ key: "cannot", sign: "question", tone: "", text: ["card.cannot", { names: n }] }),
    ],
  ];
  const shown = groups.filter(([list]) => list.length > 0).map(([list, make]) => make(listed(list)));
  return [...shown, ...conflicts(names((p) => p.state === "declined" && p.reason === "conflict")), ...quiet(activity, now)];
}

const conflicts = (names: string[]): NotComing[] =>
  names.length === 0 ? [] : [{ key: "conflict", sign: "x", tone: "no", text: ["card.conflict", { names: listed(names), n: names.length }] }];

/** Who is left alone in quiet hours, by when these end. */
function quiet(activity: Activity, now: number): NotComing[] {
  if (over(activity)) return [];
  const ends = new Map<string, string[]>();
  for (const { reason, until, name } of activity.people) {
    if (reason === "quiet" && until) ends.set(until, [...(ends.get(until) ?? []), name]);
  }
  return [...ends].map(([until, names]) => ({
    key: `quiet-${until}`,
    sign: "clock",
    tone: "",
    text: ["card.quiet", { names: listed(names), n: names.length, time: moment(at(until), now) }],
  }));
}

/** Places taken and needed, the organiser's own included. */
export function totals(activity: Activity): { taken: number; need: number } {
  const needed = activity.places.filter((clause) => !clause.optional);
  const self = activity.organiser_state === "not-taking-part" ? 0 : 1;
  const came = over(activity) && activity.organiser_state === "left";
  const selfIn = came || activity.organiser_state === "ready" || activity.organiser_state === "here" ? self : 0;
  return {
    taken: selfIn + needed.reduce((sum, clause) => sum + Math.min(clause.taken, clause.need), 0),
    need: self + needed.reduce((sum, clause) => sum + clause.need, 0),
  };
}

/** Who said that they can later, and may be taken at their word now. */
export const laterOnes = (activity: Activity): ActivityPerson[] =>
  activity.people.filter((person) => person.state === "later");

/** How many people have been asked so far. */
export const askedCount = (activity: Activity): number =>
  activity.people.filter((person) => person.state !== "candidate").length;
