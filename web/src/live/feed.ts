/** The one event stream: opens, watches the heartbeat, backs off, and asks for a refetch after every gap. */

/** Silence after which the page says that it is not up to date. */
export const SILENCE_MS = 8_000;
export const BACK_OFF_S = [1, 2, 4, 8, 16, 30] as const;
const JITTER = 0.2;

const EVENTS = ["activity", "person", "stream", "ask", "me", "heartbeat", "hello", "gap"] as const;

export interface FeedHandlers {
  /** Opened, or opened again, or events were lost: everything has to be fetched. */
  refetch(): void;
  event(name: string, data: unknown): void;
  /** A sign of life with the server's time in ms, where it carries one. */
  alive(serverNow: number | null): void;
  /** Silent or cut; the next attempt comes in `retryMs`. */
  lost(retryMs: number): void;
}

export interface Source {
  addEventListener(name: string, listener: (event: MessageEvent<string>) => void): void;
  close(): void;
}

export class LiveFeed {
  private source: Source | null = null;
  private attempts = 0;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly handlers: FeedHandlers,
    private readonly connect: () => Source,
    private readonly random: () => number = Math.random,
  ) {}

  open(): void {
    this.close();
    const source = this.connect();
    this.source = source;
    source.addEventListener("open", () => this.handlers.refetch());
    source.addEventListener("error", () => this.drop());
    for (const name of EVENTS) source.addEventListener(name, (event) => this.heard(name, event));
    this.watch();
  }

  close(): void {
    clearTimeout(this.silence);
    clearTimeout(this.retry);
    this.retry = undefined;
    this.source?.close();
    this.source = null;
  }

  /** The tab is looked at again: no reason to wait any longer. */
  hurry(): void {
    if (this.retry !== undefined) this.open();
  }

  private heard(name: string, event: MessageEvent<string>): void {
    const data: unknown = event.data ? JSON.parse(event.data) : null;
    const stamp = (data as { now?: string } | null)?.now;
    this.attempts = 0;
    this.watch();
    this.handlers.alive(typeof stamp === "string" ? Date.parse(stamp) : null);
    if (name === "gap") this.handlers.refetch();
    else if (name !== "heartbeat" && name !== "hello") this.handlers.event(name, data);
  }

  private watch(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.drop(), SILENCE_MS);
  }

  private drop(): void {
    this.close();
    const base = BACK_OFF_S[Math.min(this.attempts, BACK_OFF_S.length - 1)] ?? 30;
    const wait = base * 1000 * (1 + JITTER * (this.random() * 2 - 1));
    this.attempts += 1;
    this.retry = setTimeout(() => this.open(), wait);
    this.handlers.lost(wait);
  }
}
