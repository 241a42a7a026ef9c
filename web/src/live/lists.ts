/** The world's parts in the order in which they are shown. */

import type { Activity, AskForYou, Availability, Me, Stream } from "../api/names";
import { at } from "../format/time";
import type { Known } from "./world";

const STATES = ["ringing", "live", "waiting"];
const AVAILABILITIES: Availability[] = ["available", "away", "busy", "offline", "unknown"];
const STREAMS: Stream["state"][] = ["live", "negotiating", "frozen", "blind", "ended"];

export const isOver = (activity: Activity): boolean => !STATES.includes(activity.state);

export function underWay(activities: ReadonlyMap<string, Activity>): Activity[] {
  return [...activities.values()]
    .filter((activity) => !isOver(activity))
    .sort((a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state) || at(b.created) - at(a.created));
}

/** Newest end first. */
export function overOnes(activities: ReadonlyMap<string, Activity>): Activity[] {
  const end = (activity: Activity) => at(activity.ended_at ?? activity.created);
  return [...activities.values()].filter(isOver).sort((a, b) => end(b) - end(a));
}

/** Everybody but the page's owner: nobody asks for oneself. */
export const others = (people: ReadonlyMap<string, Known>, me: Me | null): Known[] =>
  [...people.values()].filter(({ addresses }) => !addresses.some((address) => me?.accounts.includes(address)));

export function peopleInOrder(people: readonly Known[]): Known[] {
  const rank = (person: Known) => AVAILABILITIES.indexOf(person.availability) - (person.activity ? 0.5 : 0);
  return [...people].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, undefined, { numeric: true }));
}

export function streamsInOrder(streams: ReadonlyMap<string, Stream>): Stream[] {
  const rank = (stream: Stream) => STREAMS.indexOf(stream.state);
  return [...streams.values()].sort((a, b) => rank(a) - rank(b) || at(b.since) - at(a.since));
}

export const listOf = (asks: ReadonlyMap<string, AskForYou>): AskForYou[] =>
  [...asks.values()].sort((a, b) => at(b.at) - at(a.at));

/** The one line about an ask stays for so long, but after the end of what it was about only a minute. */
const LINE_MS = 10 * 60 * 1000;
const LINE_AFTER_END_MS = 60 * 1000;

/** Asks there is still something to say about, though nothing to answer, newest first. */
export function pastAsks(
  asks: ReadonlyMap<string, AskForYou>,
  activities: ReadonlyMap<string, Activity>,
  now: number,
): AskForYou[] {
  return listOf(asks).filter((ask) => {
    if (ask.state === "asked" || now - at(ask.at) >= LINE_MS) return false;
    const activity = activities.get(ask.activity);
    if (!activity) return true;
    // Only until it is covered does a late yes count.
    if (ask.state === "silent") return activity.state === "waiting" || activity.state === "ringing";
    return !activity.ended_at || now - at(activity.ended_at) < LINE_AFTER_END_MS;
  });
}
