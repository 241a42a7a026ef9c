/** The page's single-letter keys. They go by what is on the page: cards, the composer, the alert. */

import { useEffect } from "react";
import { setting } from "../live/settings";
import { showKeys } from "../pages/KeysHelp";
import { go } from "../pages/router";

/** Time in which the second key of `g n` counts. */
const PAIR_MS = 1500;
const PAGES: Record<string, string> = { n: "/", p: "/people", s: "/streams", h: "/history" };
const TYPING = "input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable], [role=menu], [role=dialog]";

const cards = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>("[data-card]")];
const current = (): HTMLElement | undefined =>
  cards().find((card) => card.contains(document.activeElement)) ?? cards()[0];

function step(by: 1 | -1): void {
  const all = cards();
  const here = all.findIndex((card) => card.contains(document.activeElement));
  const next = all[here === -1 ? (by === 1 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, here + by))];
  next?.querySelector<HTMLElement>("[data-open]")?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

const press = (what: string): void => current()?.querySelector<HTMLElement>(`[data-${what}]`)?.click();

/** Whether the composer is on this page and has the focus now: the very next key is for it. */
function toComposer(): boolean {
  const field = document.querySelector<HTMLElement>("[role=combobox]");
  field?.focus();
  return field !== null;
}

const SINGLE: Record<string, () => void> = {
  j: () => step(1),
  k: () => step(-1),
  w: () => press("why"),
  x: () => press("cancel"),
  "?": showKeys,
};

/** The second key of a pair, or a single one; true if the key was ours. */
export function act(key: string, afterG: boolean): boolean {
  const page = afterG ? PAGES[key] : undefined;
  if (page) {
    go(page);
    return true;
  }
  if (key === "/") {
    if (toComposer()) return true;
    go("/");
    requestAnimationFrame(toComposer);
    return true;
  }
  SINGLE[key]?.();
  return key in SINGLE;
}

export function useKeys(): void {
  useEffect(() => {
    let gAt = 0;
    const pressed = (event: KeyboardEvent) => {
      if (event.key === "F6") {
        const alert = document.querySelector<HTMLElement>("[data-alert]");
        if (alert) event.preventDefault();
        alert?.focus();
        return;
      }
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !setting("keys")) return;
      if ((event.target as Element | null)?.closest?.(TYPING)) return;
      if (act(event.key, event.timeStamp - gAt < PAIR_MS)) event.preventDefault();
      gAt = event.key === "g" ? event.timeStamp : 0;
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);
}
