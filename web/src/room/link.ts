/** The room's connection: the view and the chat come in over one WebSocket, answers go by HTTP. */

import type { ChatLine, Problem, RoomView } from "../api/names";
import { freshKey, post, Refusal, request } from "../api/request";
import { BACK_OFF_S } from "../live/feed";
import { ServerClock } from "../live/clock";

export interface RoomNow {
  view: RoomView | null;
  chat: readonly ChatLine[];
  /** Written here and not yet taken by the server. */
  unsent: readonly string[];
  /** The link itself leads nowhere. */
  dead: Problem | null;
  /** The last thing that was refused. */
  problem: Problem | null;
  lost: { since: number; retryAt: number } | null;
  /** The person left by hand; the page does not join again by itself. */
  left: boolean;
  busy: boolean;
}

type Frame = RoomView | ChatLine | { type: "problem"; problem: Problem };

const NOTHING: RoomNow = {
  view: null,
  chat: [],
  unsent: [],
  dead: null,
  problem: null,
  lost: null,
  left: false,
  busy: false,
};

export class RoomLink {
  readonly clock = new ServerClock();
  private now: RoomNow = NOTHING;
  private socket: WebSocket | null = null;
  private attempts = 0;
  /** Counts openings and closings, so that a late answer of an earlier one does nothing. */
  private turn = 0;
  private joined = false;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private readonly listeners = new Set<() => void>();
  private readonly path: string;

  constructor(token: string) {
    this.path = `/rooms/${encodeURIComponent(token)}`;
  }

  readonly snapshot = (): RoomNow => this.now;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Reads the view, then follows it; a dead link is found here. */
  async open(): Promise<void> {
    clearTimeout(this.retry);
    this.retry = undefined;
    this.turn += 1;
    const turn = this.turn;
    try {
      const view = await request<RoomView>(this.path);
      if (turn !== this.turn) return;
      this.saw(view);
      this.follow();
    } catch (error) {
      if (turn !== this.turn) return;
      if (!(error instanceof Refusal)) throw error;
      if (error.status === 404) this.set({ dead: error.problem });
      else this.lose();
    }
  }

  close(): void {
    this.turn += 1;
    clearTimeout(this.retry);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  hurry(): void {
    if (this.retry !== undefined) void this.open();
  }

  async answer(answer: "yes" | "no" | "stop", anyway = false): Promise<boolean> {
    this.set({ busy: true, problem: null });
    try {
      this.saw(await post<RoomView>(`${this.path}/answer`, { answer, anyway }, freshKey()));
      return true;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.set({ problem: error.problem });
      return false;
    } finally {
      this.set({ busy: false });
    }
  }

  say(text: string): void {
    this.set({ unsent: [...this.now.unsent, text], problem: null });
    this.flush();
  }

  leave(): void {
    this.tell({ type: "leave" });
    this.joined = false;
    this.set({ left: true });
  }

  comeBack(): void {
    this.set({ left: false });
    this.enter();
  }

  end(): void {
    this.tell({ type: "end" });
  }

  private follow(): void {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/api/v1${this.path}/ws`);
    this.socket = socket;
    this.joined = false;
    socket.addEventListener("open", () => {
      this.attempts = 0;
      this.set({ lost: null });
      this.enter();
    });
    socket.addEventListener("message", (event: MessageEvent<string>) => this.heard(JSON.parse(event.data) as Frame));
    socket.addEventListener("close", () => {
      if (this.socket === socket) this.lose();
    });
  }

  private heard(frame: Frame): void {
    if (frame.type === "view") this.saw(frame);
    else if (frame.type === "problem") this.set({ problem: frame.problem });
    else this.lines([frame]);
  }

  private saw(view: RoomView): void {
    const { view: known } = this.now;
    // An answer by HTTP can be overtaken by the socket.
    if (known && Date.parse(view.server_time) < Date.parse(known.server_time)) return;
    this.clock.set(Date.parse(view.server_time));
    this.set({ view });
    this.lines(view.chat);
    this.enter();
  }

  /** Joins an open room by itself, unless the person left it by hand. */
  private enter(): void {
    if (this.now.view?.state !== "open") this.joined = false;
    else if (!this.joined && !this.now.left && this.tell({ type: "join" })) this.joined = true;
    this.flush();
  }

  private flush(): void {
    if (!this.joined) return;
    const unsent = this.now.unsent.filter((text) => !this.tell({ type: "say", text }));
    if (unsent.length !== this.now.unsent.length) this.set({ unsent });
  }

  private tell(frame: { type: string; text?: string }): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  private lines(fresh: readonly ChatLine[]): void {
    if (fresh.length === 0) return;
    const byId = new Map([...this.now.chat, ...fresh].map((line) => [line.id, line]));
    this.set({ chat: [...byId.values()].sort((a, b) => a.id - b.id) });
  }

  private lose(): void {
    this.socket = null;
    const wait = (BACK_OFF_S[Math.min(this.attempts, BACK_OFF_S.length - 1)] ?? 30) * 1000;
    this.attempts += 1;
    this.retry = setTimeout(() => void this.open(), wait);
    this.set({ lost: { since: this.now.lost?.since ?? Date.now(), retryAt: Date.now() + wait } });
  }

  private set(change: Partial<RoomNow>): void {
    this.now = { ...this.now, ...change };
    for (const listener of this.listeners) listener();
  }
}
