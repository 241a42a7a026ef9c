/** What is written in the composer; outlives the page it stands on, so that People can add to it. */

import { useSyncExternalStore } from "react";

let text = "";
let wantsFocus = false;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function setDraft(next: string): void {
  text = next;
  for (const listener of listeners) listener();
}

export const useDraft = (): string => useSyncExternalStore(subscribe, () => text);

/** Adds a person to what is written: "bob" or "… and bob". */
export function pick(person: string): void {
  const before = text.trim();
  const glue = before === "" || /\b(and|or|of)$|[,(+]$/i.test(before) ? " " : " and ";
  wantsFocus = true;
  setDraft(`${before}${before ? glue : ""}${person} `);
}

/** True once after `pick`: the composer takes the focus. */
export function takeFocus(): boolean {
  const wanted = wantsFocus;
  wantsFocus = false;
  return wanted;
}
