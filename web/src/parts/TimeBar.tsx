import type { Activity } from "../api/names";
import { at, countdown, isToday, moment, span } from "../format/time";
import { t } from "../texts";
import css from "./TimeBar.module.css";

interface Props {
  created: string;
  deadline: string | null;
  /** Others are asked when it is over: it does not end then. */
  goesOn?: boolean;
  ringing: boolean;
  now: number;
}

/** How much of the time to the deadline is used, and when it ends. */
export function TimeBar({ created, deadline, goesOn, ringing, now }: Props) {
  const used = Math.max(0, (now - at(created)) / 1000);
  if (!deadline) {
    return (
      <p className="xs muted">
        {t("card.since", { ago: span(used) })} · {t("card.no-deadline")}
      </p>
    );
  }
  const all = Math.max(1, (at(deadline) - at(created)) / 1000);
  const shown = Math.min(used, all);
  const width = Math.round((shown / all) * 1000) / 10;
  const values = { used: countdown(shown), all: countdown(all) };
  const ends = goesOn ? "card.until" : isToday(at(deadline), now) ? "card.ends" : "card.before";
  return (
    <div className={`${css.bar} ${ringing ? css.ringing : ""}`}>
      <span role="timer">{t("card.used", values)}</span>
      <svg viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label={t("card.used-label", values)}>
        <rect className={css.ground} width="100" height="6" />
        <rect className={css.used} width={width} height="6" />
      </svg>
      <span>{t(ends, { time: moment(at(deadline), now) })}</span>
    </div>
  );
}

/** What there is to draw of an activity: from its beginning, or since others are asked, to its deadline. */
export const barOf = (activity: Activity) => ({
  created: activity.fell_back?.at ?? activity.at ?? activity.created,
  deadline: activity.deadline,
  goesOn: (activity.else?.length ?? 0) > 0,
  ringing: activity.state === "ringing",
});
