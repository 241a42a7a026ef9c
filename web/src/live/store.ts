/** The page's one store: the world as last told by the server, and the clock that goes with it. */

import { request, Refusal } from "../api/request";
import { ServerClock } from "./clock";
import { LiveFeed, type Source } from "./feed";
import { applied, failed, nothing, replaced, type Part, type World } from "./world";

const PATHS: Record<Part, string> = {
  people: "/people",
  activities: "/activities",
  streams: "/streams",
  asks: "/asks",
  me: "/me",
};
const PARTS = Object.keys(PATHS) as Part[];

/** How long a cut may last before it is shown: a reload of the server is not worth a strip. */
const GRACE_MS = 8_000;

type Told = [event: string, data: unknown];

export class Store {
  readonly clock = new ServerClock();
  private world: World = nothing;
  private readonly listeners = new Set<() => void>();
  private lastHeard = Date.now();
  private readonly feed: LiveFeed;
  private grace: ReturnType<typeof setTimeout> | undefined;
  /** The latest fetch of each part, with what was told since it began: the answer may be older than that. */
  private readonly fetching = new Map<Part, Told[]>();

  constructor(connect: () => Source = () => new EventSource("/api/v1/events", { withCredentials: true })) {
    this.feed = new LiveFeed(
      {
        refetch: () => void this.fetchAll(),
        event: (name, data) => this.told(name, data),
        alive: (now) => this.alive(now),
        lost: (retryMs) => this.lost(retryMs),
      },
      connect,
    );
  }

  readonly snapshot = (): World => this.world;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  start(): void {
    this.feed.open();
    void this.fetchAll();
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.feed.hurry();
    });
    window.addEventListener("pagehide", () => this.feed.close());
  }

  async fetchAll(): Promise<void> {
    await Promise.all(PARTS.map((part) => this.fetch(part)));
  }

  async fetch(part: Part): Promise<void> {
    const meanwhile: Told[] = [];
    this.fetching.set(part, meanwhile);
    const isLatest = () => this.fetching.get(part) === meanwhile;
    try {
      const data = await request<unknown>(PATHS[part]);
      if (!isLatest()) return;
      const now = this.clock.now();
      const fetched = replaced(this.world, part, data, now);
      this.set(meanwhile.reduce((world, [event, told]) => applied(world, event, told, now), fetched));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.status === 401) this.lock();
      else if (isLatest()) this.set(failed(this.world, part, error.problem));
    } finally {
      if (isLatest()) this.fetching.delete(part);
    }
  }

  /** Something as it is now: from an event, or from a change this page made itself. */
  told(event: string, data: unknown): void {
    for (const meanwhile of this.fetching.values()) meanwhile.push([event, data]);
    this.set(applied(this.world, event, data, this.clock.now()));
  }

  private lock(): void {
    this.feed.close();
    clearTimeout(this.grace);
    this.set({ ...this.world, feed: { state: "locked" } });
  }

  private alive(serverNow: number | null): void {
    this.lastHeard = Date.now();
    clearTimeout(this.grace);
    this.grace = undefined;
    if (serverNow !== null) this.clock.set(serverNow);
    if (this.world.feed.state !== "live") this.set({ ...this.world, feed: { state: "live" } });
  }

  private lost(retryMs: number): void {
    if (this.world.feed.state === "locked") return;
    // The event stream does not say why it was refused; a plain request does.
    void this.fetch("me");
    const retryAt = Date.now() + retryMs;
    const show = () => {
      this.clock.stop();
      this.set({ ...this.world, feed: { state: "lost", since: this.lastHeard, retryAt } });
    };
    clearTimeout(this.grace);
    const left = this.lastHeard + GRACE_MS - Date.now();
    if (left <= 0 || this.world.feed.state === "lost") show();
    else this.grace = setTimeout(show, left);
  }

  private set(world: World): void {
    this.world = world;
    for (const listener of this.listeners) listener();
  }
}
