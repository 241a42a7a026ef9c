/** The requirement as a guest may see it: who is in by name, everybody else as a number. */

import type { GuestClause, GuestPerson, RoomView } from "../api/names";
import { initials } from "../format/name";
import { at, countdown } from "../format/time";
import type { ClauseView } from "../parts/Clause";
import type { PlaceView } from "../parts/Place";
import { t } from "../texts";

export function guestClauses(view: RoomView, now: number): ClauseView[] {
  const organiserHere = view.here.some((person) => person.name === view.organiser);
  const organiser: PlaceView = {
    key: "organiser",
    state: organiserHere ? "here" : "in",
    letters: initials(view.organiser),
    name: view.is_organiser ? t("picture.you-lower") : view.organiser,
    note: organiserHere ? t("place.here") : t("place.ready"),
  };
  const asks: ClauseView = {
    heading: view.is_organiser ? t("picture.you") : view.organiser,
    tally: view.is_organiser ? t("picture.asking") : t("picture.asks"),
    optional: false,
    places: [organiser],
  };
  return [asks, ...view.clauses.map((clause) => clauseView(clause, view.ring_s, now))];
}

function clauseView(clause: GuestClause, ring_s: number, now: number): ClauseView {
  const places = clause.people.map(place);
  const asking = Math.min(clause.asking, Math.max(0, clause.need - places.length));
  for (let index = 0; index < asking; index += 1) places.push(oneMore(index, clause.until ?? null, ring_s, now));
  for (let number = places.length + 1; number <= clause.need; number += 1) {
    places.push({ key: `open-${number}`, state: "open", letters: String(number), name: t("place.open"), note: "" });
  }
  const done = clause.taken >= clause.need && clause.need === 1;
  return {
    heading: clause.clause,
    tally: done ? t("picture.done") : t("picture.tally", { taken: clause.taken, need: clause.need }),
    optional: false,
    places,
  };
}

const place = (person: GuestPerson): PlaceView => ({
  key: person.name,
  state: person.here ? "here" : "in",
  letters: initials(person.name),
  name: person.you ? t("picture.you-lower") : person.name,
  note: person.here ? t("place.here") : t("place.said-yes"),
});

function oneMore(index: number, until: string | null, ring_s: number, now: number): PlaceView {
  const seconds = until ? Math.max(0, (at(until) - now) / 1000) : 0;
  return {
    key: `asking-${index}`,
    state: "asked",
    letters: "?",
    name: t("place.one-more"),
    note: until ? t("place.time-left", { time: countdown(seconds) }) : t("place.going-out"),
    left: { seconds, part: Math.min(1, seconds / ring_s) },
  };
}
