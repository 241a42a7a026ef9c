/** What a person switched on or off on this page, kept in this browser. */

import { useSyncExternalStore } from "react";

export type Setting = "keys" | "notify" | "sound";

const DEFAULTS: Record<Setting, boolean> = { keys: true, notify: false, sound: false };
const listeners = new Set<() => void>();
const name = (which: Setting): string => `quorate.${which}`;

export function setting(which: Setting): boolean {
  try {
    const kept = localStorage.getItem(name(which));
    return kept === null ? DEFAULTS[which] : kept === "on";
  } catch {
    // Storage can be switched off in the browser.
    return DEFAULTS[which];
  }
}

export function setSetting(which: Setting, on: boolean): void {
  try {
    localStorage.setItem(name(which), on ? "on" : "off");
  } catch {
    return;
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useSetting = (which: Setting): boolean => useSyncExternalStore(subscribe, () => setting(which));
