/** The page's own small router over the history API; the server answers every route with index.html. */

import { useSyncExternalStore } from "react";

const MOVED = "quorate:moved";

export function go(path: string): void {
  if (path === location.pathname) return;
  history.pushState(null, "", path);
  window.dispatchEvent(new Event(MOVED));
  window.scrollTo(0, 0);
}

function subscribe(listener: () => void): () => void {
  window.addEventListener("popstate", listener);
  window.addEventListener(MOVED, listener);
  return () => {
    window.removeEventListener("popstate", listener);
    window.removeEventListener(MOVED, listener);
  };
}

export const usePath = (): string => useSyncExternalStore(subscribe, () => location.pathname);

export type Route =
  | { page: "now" | "people" | "streams" | "history" | "nowhere" }
  | { page: "activity"; id: string };

export function route(path: string): Route {
  const activity = /^\/activities\/([^/]+)\/?$/.exec(path)?.[1];
  if (activity) return { page: "activity", id: decodeURIComponent(activity) };
  const name = path.replace(/\/$/, "").slice(1) || "now";
  return name === "now" || name === "people" || name === "streams" || name === "history"
    ? { page: name }
    : { page: "nowhere" };
}
