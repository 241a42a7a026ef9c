import { createContext, useContext, useSyncExternalStore } from "react";
import type { RoomLink, RoomNow } from "./link";

export const RoomContext = createContext<RoomLink | null>(null);

export function useLink(): RoomLink {
  const link = useContext(RoomContext);
  if (!link) throw new Error("no room above this component");
  return link;
}

export function useRoom(): RoomNow {
  const link = useLink();
  return useSyncExternalStore(link.subscribe, link.snapshot);
}

/** Server time in ms, renewed once a second. */
export function useRoomTime(): number {
  const { clock } = useLink();
  return useSyncExternalStore(clock.subscribe, clock.snapshot);
}
