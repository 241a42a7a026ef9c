import { useEffect, useState } from "react";
import { clockSeconds } from "../format/time";
import { t } from "../texts";
import css from "./Guest.module.css";
import type { RoomNow } from "./link";

/** A cut shorter than this is not worth a line. */
const GRACE_MS = 2000;

export function LostLine({ lost }: { lost: NonNullable<RoomNow["lost"]> }) {
  const [, beat] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => beat((n) => n + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  if (Date.now() - lost.since < GRACE_MS) return null;
  const wait = Math.max(0, Math.ceil((lost.retryAt - Date.now()) / 1000));
  return (
    <p className={`sm ${css.notice} ${css.ring}`} role="status">
      {t("room.lost", { time: clockSeconds(lost.since), in: `${wait} s` })}
    </p>
  );
}
