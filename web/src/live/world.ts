/** What the page knows, as one immutable value, and the pure steps that change it. */

import type { Activity, AskForYou, Me, PersonVerdict, Problem, Stream } from "../api/names";

export type Part = "people" | "activities" | "streams" | "asks" | "me";

/** A person and when (server time, ms) the page got it: ages count on from there. */
export type Known = PersonVerdict & { heard: number };

export type Feed =
  | { state: "connecting" }
  | { state: "live" }
  | { state: "lost"; since: number; retryAt: number }
  | { state: "locked" };

export interface World {
  feed: Feed;
  loaded: ReadonlySet<Part>;
  errors: Partial<Record<Part, Problem>>;
  people: ReadonlyMap<string, Known>;
  activities: ReadonlyMap<string, Activity>;
  streams: ReadonlyMap<string, Stream>;
  asks: ReadonlyMap<string, AskForYou>;
  me: Me | null;
}

export const nothing: World = {
  feed: { state: "connecting" },
  loaded: new Set(),
  errors: {},
  people: new Map(),
  activities: new Map(),
  streams: new Map(),
  asks: new Map(),
  me: null,
};

const put = <V>(map: ReadonlyMap<string, V>, key: string, value: V): ReadonlyMap<string, V> =>
  new Map(map).set(key, value);

/** One event of the server applied; an event it does not know changes nothing. */
export function applied(world: World, event: string, data: unknown, now: number): World {
  switch (event) {
    case "person": {
      const person = data as PersonVerdict;
      return { ...world, people: put(world.people, person.person, { ...person, heard: now }) };
    }
    case "activity":
      return { ...world, activities: put(world.activities, (data as Activity).id, data as Activity) };
    case "stream":
      return { ...world, streams: put(world.streams, (data as Stream).id, data as Stream) };
    case "ask":
      return { ...world, asks: put(world.asks, (data as AskForYou).id, data as AskForYou) };
    case "me":
      return { ...world, me: data as Me };
    default:
      return world;
  }
}

/** A whole part fetched anew replaces what was there. */
export function replaced(world: World, part: Part, data: unknown, now: number): World {
  const { [part]: _, ...errors } = world.errors;
  const next = { ...world, errors, loaded: new Set(world.loaded).add(part) };
  switch (part) {
    case "people":
      return { ...next, people: keyed(data as PersonVerdict[], (p) => p.person, (p) => ({ ...p, heard: now })) };
    case "activities":
      return { ...next, activities: keyed(data as Activity[], (a) => a.id, (a) => a) };
    case "streams":
      return { ...next, streams: keyed(data as Stream[], (s) => s.id, (s) => s) };
    case "asks":
      return { ...next, asks: keyed(data as AskForYou[], (a) => a.id, (a) => a) };
    case "me":
      return { ...next, me: data as Me };
  }
}

export function failed(world: World, part: Part, problem: Problem): World {
  return { ...world, errors: { ...world.errors, [part]: problem }, loaded: new Set(world.loaded).add(part) };
}

function keyed<In, Out>(list: In[], key: (item: In) => string, make: (item: In) => Out): ReadonlyMap<string, Out> {
  return new Map(list.map((item) => [key(item), make(item)]));
}
