import type { Availability, Stream } from "../api/names";
import type { Sign } from "./Sprite";

/** Colour classes; the sign and the word say the same without them. */
export const AVAILABILITY_TONE: Record<Availability, string> = {
  available: "yes",
  away: "ring",
  busy: "no",
  offline: "quiet",
  unknown: "quiet",
};

export const STREAM_LOOK: Record<Stream["state"], { sign: Sign; tone: string }> = {
  negotiating: { sign: "now", tone: "ring" },
  live: { sign: "pulse", tone: "yes" },
  frozen: { sign: "snow", tone: "accent" },
  blind: { sign: "blind", tone: "ring" },
  ended: { sign: "dash", tone: "quiet" },
};

/** While the page does not know what is true now. */
export const STREAM_UNKNOWN: { sign: Sign; tone: string } = { sign: "unknown", tone: "quiet" };
