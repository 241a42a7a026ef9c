import { useEffect, useRef, useState } from "react";
import type { CheckAnswer, Problem } from "../api/names";
import { post, Refusal } from "../api/request";

/** Pause after the last key before the server is asked. */
const PAUSE_MS = 150;

export interface Check {
  /** The text the answer is about. */
  about: string;
  answer: CheckAnswer | null;
  refused: Problem | null;
  /** The text has changed since; the answer is shown paler until the new one is there. */
  old: boolean;
}

const NONE: Check = { about: "", answer: null, refused: null, old: false };

/** What would happen if this were asked now; answers for older texts are dropped. */
export function useCheck(who: string, from: string | null, renewal: unknown): Check {
  const [check, setCheck] = useState<Check>(NONE);
  const running = useRef<AbortController | null>(null);

  useEffect(() => {
    running.current?.abort();
    if (who.trim() === "") {
      setCheck(NONE);
      return;
    }
    setCheck((known) => (known === NONE ? known : { ...known, old: known.about !== who }));
    const control = new AbortController();
    running.current = control;
    const timer = setTimeout(() => void ask(control.signal), PAUSE_MS);
    return () => {
      clearTimeout(timer);
      control.abort();
    };

    async function ask(signal: AbortSignal) {
      try {
        const answer = await post<CheckAnswer>("/check", { who, ...(from ? { from } : {}) }, "", signal);
        if (!signal.aborted) setCheck({ about: who, answer, refused: null, old: false });
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof Refusal)) throw error;
        setCheck({ about: who, answer: null, refused: error.problem, old: false });
      }
    }
  }, [who, from, renewal]);

  return check;
}
