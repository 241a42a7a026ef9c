/** The server's time on this page: one beat a second, stopped while the server is not heard. */

type Listener = () => void;

export class ServerClock {
  private ahead = 0;
  private stoppedAt: number | null = null;
  private beat: ReturnType<typeof setInterval> | undefined;
  private readonly listeners = new Set<Listener>();
  private shown: number;

  constructor(private readonly local: () => number = Date.now) {
    this.shown = local();
  }

  /** Milliseconds since the epoch on the server's clock. */
  now(): number {
    return this.stoppedAt ?? this.local() + this.ahead;
  }

  /** Takes over the server's time; the clock runs on. */
  set(serverNow: number): void {
    this.ahead = serverNow - this.local();
    this.stoppedAt = null;
  }

  stop(): void {
    this.stoppedAt ??= this.now();
  }

  /** The time of the last beat: stable between beats, as a store for React. */
  readonly snapshot = (): number => this.shown;

  readonly subscribe = (listener: Listener): (() => void) => {
    this.listeners.add(listener);
    this.beat ??= setInterval(() => this.tick(), 1000);
    this.tick();
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) {
        clearInterval(this.beat);
        this.beat = undefined;
      }
    };
  };

  private tick(): void {
    this.shown = this.now();
    for (const listener of this.listeners) listener();
  }
}
