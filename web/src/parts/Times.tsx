import type { Activity } from "../api/names";
import { at, moment } from "../format/time";
import { T, t } from "../texts";
import { Icon } from "../ui/Icon";
import css from "./Times.module.css";

/** When it begins, in which hours it may ring, and who is asked instead: nothing if none of it was said. */
export function Times({ activity, now }: { activity: Activity; now: number }) {
  const lines = timesOf(activity, now);
  if (lines.length === 0) return null;
  return (
    <ul className={`xs muted ${css.times}`} aria-label={t("times.label")}>
      {lines.map(({ key, text }) => (
        <li key={key}>
          <Icon of="clock" />
          <span>
            <T of={text as never} />
          </span>
        </li>
      ))}
    </ul>
  );
}

export interface TimesLine {
  key: string;
  text:
    | ["times.begins" | "times.ended-first", { time: string; who?: string }]
    | ["times.hours", { hours: string }]
    | ["times.hours-in", { hours: string; zone: string }]
    | ["times.else", { time: string; who: string }];
}

export function timesOf(activity: Activity, now: number): TimesLine[] {
  const lines: TimesLine[] = [];
  const { at: begins, window: hours, fell_back: before, deadline } = activity;
  if (begins && at(begins) > now) lines.push({ key: "begins", text: ["times.begins", { time: moment(at(begins), now) }] });
  if (hours) {
    const elsewhere = hours.zone !== "" && hours.zone !== hereZone();
    lines.push({
      key: "hours",
      text: elsewhere ? ["times.hours-in", { hours: hours.text, zone: hours.zone }] : ["times.hours", { hours: hours.text }],
    });
  }
  const then = activity.else?.[0];
  if (then && deadline) lines.push({ key: "else", text: ["times.else", { time: moment(at(deadline), now), who: then.who }] });
  if (before) lines.push({ key: "before", text: ["times.ended-first", { time: moment(at(before.at), now), who: before.who }] });
  return lines;
}

/** IANA name of the reader's own zone. */
export const hereZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;
