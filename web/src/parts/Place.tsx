import type { Availability } from "../api/names";
import { countdown } from "../format/time";
import { t } from "../texts";
import { Icon } from "../ui/Icon";
import type { Sign } from "../ui/Sprite";
import css from "./Place.module.css";

export type PlaceState = "open" | "could" | "asked" | "later" | "in" | "here" | "left";

export interface PlaceView {
  key: string;
  state: PlaceState;
  /** Two letters, a number, or "?". */
  letters: string;
  name: string;
  note: string;
  availability?: Availability | null;
  /** How much of the time to answer is left: seconds and the part of the whole (0 to 1). */
  left?: { seconds: number; part: number };
  /** Is asked besides those needed. */
  spare?: boolean;
}

const BADGES: Record<PlaceState, Sign | null> = {
  open: null,
  could: "available",
  asked: "bell",
  later: "clock",
  in: "check",
  here: "door",
  left: null,
};

const TONES: Partial<Record<Availability, string>> = { available: "yes", away: "ring", busy: "no" };

function spoken({ state, name, note, left, spare }: PlaceView): string {
  const read = spare ? "place.read-spare" : "place.read-asked";
  if (state === "asked" && left) return t(read, { name, time: countdown(left.seconds) });
  return note ? t("place.read", { name, state: note }) : name;
}

/** One place of a requirement, from empty to taken. */
export function Place({ place }: { place: PlaceView }) {
  const { state, letters, name, note, availability, left } = place;
  const badge = state === "could" && availability ? availability : BADGES[state];
  const tone = state === "could" ? (TONES[availability ?? "available"] ?? "quiet") : "";
  return (
    <li className={`${css.place} ${css[state]}`}>
      <span className="vh">{spoken(place)}</span>
      <span className={css.picture} aria-hidden="true">
        <svg className={css.outline} viewBox="0 0 56 56">
          <circle className={css.base} cx="28" cy="28" r="25" />
          {state === "asked" && left && (
            <circle
              className={css.arc}
              cx="28"
              cy="28"
              r="25"
              pathLength="100"
              strokeDasharray={`${Math.round(left.part * 100)} 100`}
              strokeLinecap="round"
              transform="rotate(-90 28 28)"
            />
          )}
        </svg>
        <span>{letters}</span>
        {badge && (
          <span className={`${css.badge} ${tone}`}>
            <Icon of={badge} />
          </span>
        )}
      </span>
      <span className={css.name} title={name} aria-hidden="true">
        {name}
      </span>
      <span className={css.note} aria-hidden="true">
        {note}
      </span>
    </li>
  );
}
