import { useRef, useState } from "react";
import type { Problem } from "../api/names";
import { freshKey, post, Refusal } from "../api/request";

export interface Send<Answer> {
  busy: boolean;
  problem: Problem | null;
  /** Posts once; the key stays the same until it succeeded, so a repeat does nothing twice. */
  send(path: string, body?: unknown): Promise<Answer | null>;
  forget(): void;
}

/** A POST with its button's state: busy, refused with a remedy, done. */
export function useSend<Answer = unknown>(): Send<Answer> {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const last = useRef({ what: "", key: "" });

  async function send(path: string, body: unknown = {}): Promise<Answer | null> {
    const what = `${path} ${JSON.stringify(body)}`;
    if (last.current.what !== what) last.current = { what, key: freshKey() };
    setBusy(true);
    setProblem(null);
    try {
      const answer = await post<Answer>(path, body, last.current.key);
      last.current = { what: "", key: "" };
      return answer;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.status !== 0) last.current = { what: "", key: "" };
      setProblem(error.problem);
      return null;
    } finally {
      setBusy(false);
    }
  }

  return { busy, problem, send, forget: () => setProblem(null) };
}
