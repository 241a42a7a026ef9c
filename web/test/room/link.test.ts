import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { room } from "../../dev/story.mjs";
import { RoomLink } from "../../src/room/link";

class FakeSocket extends EventTarget {
  static readonly OPEN = 1;
  static all: FakeSocket[] = [];
  readyState = 0;
  sent: unknown[] = [];
  constructor(readonly url: string) {
    super();
    FakeSocket.all.push(this);
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(): void {
    this.readyState = 3;
  }
  opened(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }
  gets(frame: unknown): void {
    this.dispatchEvent(Object.assign(new Event("message"), { data: JSON.stringify(frame) }));
  }
  cut(): void {
    this.readyState = 3;
    this.dispatchEvent(new Event("close"));
  }
}

const socket = () => FakeSocket.all.at(-1)!;
const answers = (view: unknown, status = 200) =>
  vi.stubGlobal("fetch", vi.fn(async () => new Response(JSON.stringify(view), { status })));

async function opened(state: string): Promise<RoomLink> {
  answers(room(state));
  const link = new RoomLink("token");
  await link.open();
  socket().opened();
  return link;
}

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.all = [];
  vi.stubGlobal("WebSocket", FakeSocket);
  vi.stubGlobal("location", { protocol: "https:", host: "quorate.example" });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("joins an open room by itself, once", async () => {
  await opened("open");
  socket().gets(room("open"));
  expect(socket().url).toBe("wss://quorate.example/api/v1/rooms/token/ws");
  expect(socket().sent).toEqual([{ type: "join" }]);
});

it("joins the moment the room it waits for opens", async () => {
  const link = await opened("waiting");
  expect(socket().sent).toEqual([]);
  socket().gets(room("open"));
  expect(socket().sent).toEqual([{ type: "join" }]);
  expect(link.snapshot().view?.state).toBe("open");
});

it("does not come back by itself after leaving", async () => {
  const link = await opened("open");
  link.leave();
  socket().gets(room("open"));
  expect(socket().sent).toEqual([{ type: "join" }, { type: "leave" }]);
  link.comeBack();
  expect(socket().sent.at(-1)).toEqual({ type: "join" });
});

it("keeps what is written while cut off and sends it after joining again", async () => {
  const link = await opened("open");
  socket().cut();
  link.say("still here");
  expect(link.snapshot().unsent).toEqual(["still here"]);
  expect(link.snapshot().lost).not.toBeNull();
  await vi.advanceTimersByTimeAsync(1000);
  socket().opened();
  expect(FakeSocket.all).toHaveLength(2);
  expect(socket().sent).toEqual([{ type: "join" }, { type: "say", text: "still here" }]);
  expect(link.snapshot()).toMatchObject({ unsent: [], lost: null });
});

it("shows each line once, in order, however often it is told", async () => {
  const link = await opened("open");
  const line = { type: "line", id: 9, at: "2026-03-02T01:14:00Z", name: "raj", text: "ok" };
  socket().gets(line);
  socket().gets(line);
  expect(link.snapshot().chat.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 9]);
});

it("a link that leads nowhere is not tried again", async () => {
  answers({ detail: "This link does not work." }, 404);
  const link = new RoomLink("token");
  await link.open();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(link.snapshot().dead?.status).toBe(404);
  expect(fetch).toHaveBeenCalledTimes(1);
  expect(FakeSocket.all).toEqual([]);
});

it("a closed link neither follows nor tries again", async () => {
  answers(room("open"));
  const link = new RoomLink("token");
  const opening = link.open();
  link.close();
  await opening;
  await vi.advanceTimersByTimeAsync(120_000);
  expect(FakeSocket.all).toEqual([]);
});

it("what the server refuses is shown", async () => {
  const link = await opened("open");
  socket().gets({ type: "problem", problem: { status: 429, detail: "Too fast." } });
  expect(link.snapshot().problem?.detail).toBe("Too fast.");
});
