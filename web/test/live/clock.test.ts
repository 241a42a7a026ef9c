import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ServerClock } from "../../src/live/clock";

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

it("runs on the server's time, one beat a second", () => {
  const clock = new ServerClock();
  clock.set(5_000_000);
  const seen: number[] = [];
  const end = clock.subscribe(() => seen.push(clock.snapshot()));
  vi.advanceTimersByTime(2000);
  end();
  vi.advanceTimersByTime(5000);
  expect(seen).toEqual([5_000_000, 5_001_000, 5_002_000]);
});

it("stands still while the server is not heard, and catches up", () => {
  const clock = new ServerClock();
  clock.stop();
  vi.advanceTimersByTime(60_000);
  expect(clock.now()).toBe(1_000_000);
  clock.set(1_060_000);
  vi.advanceTimersByTime(1000);
  expect(clock.now()).toBe(1_061_000);
});
