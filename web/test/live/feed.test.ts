import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { LiveFeed, SILENCE_MS, type Source } from "../../src/live/feed";

class FakeSource implements Source {
  closed = false;
  private readonly listeners = new Map<string, (event: MessageEvent<string>) => void>();
  addEventListener(name: string, listener: (event: MessageEvent<string>) => void): void {
    this.listeners.set(name, listener);
  }
  close(): void {
    this.closed = true;
  }
  emit(name: string, data: unknown = null): void {
    this.listeners.get(name)?.({ data: data === null ? "" : JSON.stringify(data) } as MessageEvent<string>);
  }
}

let sources: FakeSource[];
const handlers = { refetch: vi.fn(), event: vi.fn(), alive: vi.fn(), lost: vi.fn() };
const last = () => sources.at(-1)!;

function feed(): LiveFeed {
  const made = new LiveFeed(
    handlers,
    () => {
      sources.push(new FakeSource());
      return last();
    },
    () => 0.5,
  );
  made.open();
  return made;
}

beforeEach(() => {
  vi.useFakeTimers();
  sources = [];
  for (const handler of Object.values(handlers)) handler.mockReset();
});
afterEach(() => vi.useRealTimers());

it("fetches everything when it opens and when events were lost", () => {
  feed();
  last().emit("open");
  last().emit("gap", { now: "2026-03-02T01:14:00Z" });
  expect(handlers.refetch).toHaveBeenCalledTimes(2);
});

it("passes events on and takes the time from a heartbeat", () => {
  feed();
  last().emit("heartbeat", { now: "2026-03-02T01:14:00Z" });
  last().emit("activity", { id: "Q1" });
  expect(handlers.alive).toHaveBeenCalledWith(Date.parse("2026-03-02T01:14:00Z"));
  expect(handlers.event.mock.calls).toEqual([["activity", { id: "Q1" }]]);
});

it("is lost after eight silent seconds, not while something is heard", () => {
  feed();
  vi.advanceTimersByTime(SILENCE_MS - 1);
  last().emit("heartbeat", {});
  vi.advanceTimersByTime(SILENCE_MS - 1);
  expect(handlers.lost).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(handlers.lost).toHaveBeenCalledWith(1000);
  expect(last().closed).toBe(true);
});

it("waits longer each time it fails, at most 30 s, and starts over once something was heard", () => {
  feed();
  for (let failure = 0; failure < 7; failure += 1) {
    last().emit("error");
    vi.advanceTimersByTime(handlers.lost.mock.lastCall![0] as number);
  }
  expect(handlers.lost.mock.calls.flat()).toEqual([1000, 2000, 4000, 8000, 16000, 30000, 30000]);
  last().emit("hello", {});
  last().emit("error");
  expect(handlers.lost).toHaveBeenLastCalledWith(1000);
});

it("tries at once when the page is looked at", () => {
  const made = feed();
  last().emit("error");
  made.hurry();
  expect(sources).toHaveLength(2);
  made.hurry();
  expect(sources).toHaveLength(2);
});

it("a closed feed stays closed", () => {
  feed().close();
  vi.advanceTimersByTime(120_000);
  expect(sources).toHaveLength(1);
});
