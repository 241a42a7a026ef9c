/** Notification and sound for a fresh ring, only if the person switched them on. */

import type { AskForYou } from "../api/names";
import { at } from "../format/time";
import { setting } from "../live/settings";
import { t } from "../texts";
import { chime } from "../ui/chime";

/** An older ring is shown without either. */
const FRESH_MS = 10_000;

export function announce(ask: AskForYou, now: number): void {
  if (now - at(ask.at) > FRESH_MS) return;
  if (setting("sound")) chime();
  if (setting("notify") && "Notification" in window && Notification.permission === "granted") {
    new Notification(t("ask.title", { name: ask.organiser_name }), { body: ask.about ?? "", tag: ask.id });
  }
}
