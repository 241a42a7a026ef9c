/** One way to the API: same-site cookie, JSON both ways, problems as errors. */

import { t } from "../texts";
import type { Problem } from "./names";

/** A refusal of the server, or none at all (`status` 0). */
export class Refusal extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }

  get status(): number {
    return this.problem.status;
  }
}

const NO_ANSWER: Problem = {
  type: "about:blank",
  title: t("error.network"),
  status: 0,
  detail: t("error.network"),
  remedy: t("error.network-next"),
  column: null,
  suggestion: null,
};

function problemIn(text: string): Partial<Problem> {
  try {
    return JSON.parse(text) as Partial<Problem>;
  } catch {
    return {};
  }
}

function refusal(response: Response, text: string): Refusal {
  const known = problemIn(text);
  return new Refusal({
    type: "about:blank",
    title: response.statusText,
    detail: known.title ?? response.statusText,
    remedy: null,
    column: null,
    suggestion: null,
    ...known,
    status: response.status,
  });
}

/** @throws Refusal */
export async function request<Answer>(path: string, init: RequestInit = {}): Promise<Answer> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(`/api/v1${path}`, { credentials: "same-origin", cache: "no-store", ...init });
    // A server that ends here has sent its status and not the rest: no answer either.
    text = await response.text();
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new Refusal(NO_ANSWER);
  }
  if (!response.ok) throw refusal(response, text);
  return response.status === 204 ? (undefined as Answer) : (JSON.parse(text) as Answer);
}

/** `key` makes the POST safe to repeat. */
export function post<Answer>(path: string, body: unknown = {}, key = "", signal?: AbortSignal): Promise<Answer> {
  const headers: Record<string, string> = { "Content-Type": "application/json" };
  if (key) headers["Idempotency-Key"] = key;
  return request<Answer>(path, { method: "POST", headers, body: JSON.stringify(body), signal: signal ?? null });
}

export const freshKey = (): string =>
  // randomUUID exists only in secure contexts; a plain http address of a LAN is none.
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
