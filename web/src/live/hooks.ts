/** The store as React sees it. */

import { createContext, useContext, useSyncExternalStore } from "react";
import type { Store } from "./store";
import type { World } from "./world";

export const StoreContext = createContext<Store | null>(null);

export function useStore(): Store {
  const store = useContext(StoreContext);
  if (!store) throw new Error("no store above this component");
  return store;
}

export function useWorld(): World {
  const store = useStore();
  return useSyncExternalStore(store.subscribe, store.snapshot);
}

/** Server time in ms, renewed once a second. */
export function useNow(): number {
  const { clock } = useStore();
  return useSyncExternalStore(clock.subscribe, clock.snapshot);
}

/** False while the page does not know what is true now. */
export function useUpToDate(): boolean {
  const { feed } = useWorld();
  return feed.state === "live" || feed.state === "connecting";
}
