/** Times and durations in the reader's own zone and the page's short style: "0:21", "25 min", "02:24". */

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const CLOCK = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const CLOCK_S = new Intl.DateTimeFormat("en", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const WEEKDAY = new Intl.DateTimeFormat("en", { weekday: "short" });
const DATE = new Intl.DateTimeFormat("en", { day: "numeric", month: "short" });

/** Milliseconds since the epoch of an RFC 3339 time. */
export const at = (time: string): number => Date.parse(time);

/** "02:24" */
export const clock = (ms: number): string => CLOCK.format(ms);

/** "02:24:09" */
export const clockSeconds = (ms: number): string => CLOCK_S.format(ms);

const sameDay = (a: number, b: number): boolean => new Date(a).toDateString() === new Date(b).toDateString();

/** "02:24" today, "Fri 18:00" within a week, else "4 Dec 18:00". */
export function moment(ms: number, now: number): string {
  if (sameDay(ms, now)) return clock(ms);
  const day = Math.abs(ms - now) < 6 * DAY * 1000 ? WEEKDAY.format(ms) : DATE.format(ms);
  return `${day} ${clock(ms)}`;
}

export const isToday = (ms: number, now: number): boolean => sameDay(ms, now);

/** "0:21", "10:00"; from an hour on as in `span`. */
export function countdown(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole >= HOUR) return span(whole);
  return `${Math.floor(whole / MINUTE)}:${String(whole % MINUTE).padStart(2, "0")}`;
}

/** "8 s", "25 min", "3 h 12 min", "1 day 6 h": at most two units, whole ones. */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < MINUTE) return `${whole} s`;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)} min`;
  if (whole < DAY) return two(whole, HOUR, "h", MINUTE, "min");
  const days = Math.floor(whole / DAY);
  const hours = Math.floor((whole % DAY) / HOUR);
  return `${days} ${days === 1 ? "day" : "days"}${hours ? ` ${hours} h` : ""}`;
}

/** As `span`, with the seconds of the minutes: "1 min 02 s". */
export function exact(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < MINUTE || whole >= HOUR) return span(whole);
  const rest = whole % MINUTE;
  return `${Math.floor(whole / MINUTE)} min${rest ? ` ${String(rest).padStart(2, "0")} s` : ""}`;
}

function two(whole: number, big: number, bigName: string, small: number, smallName: string): string {
  const rest = Math.floor((whole % big) / small);
  return `${Math.floor(whole / big)} ${bigName}${rest ? ` ${rest} ${smallName}` : ""}`;
}

/** One unit only, for rows: "8 s", "25 min", "3 h", "2 days"; below a minute in steps of `step` seconds. */
export function age(seconds: number, step = 5): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < MINUTE) return `${whole < step ? whole : Math.floor(whole / step) * step} s`;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)} min`;
  if (whole < DAY) return `${Math.floor(whole / HOUR)} h`;
  const days = Math.floor(whole / DAY);
  return `${days} ${days === 1 ? "day" : "days"}`;
}

const UNITS: Record<string, number> = {
  s: 1, sec: 1, second: 1, seconds: 1,
  "": MINUTE, m: MINUTE, min: MINUTE, mins: MINUTE, minute: MINUTE, minutes: MINUTE,
  h: HOUR, hour: HOUR, hours: HOUR,
  d: DAY, day: DAY, days: DAY,
};

/** Seconds meant by "20", "20 min", "1h 30m", "2 days"; null if it is not a duration. */
export function duration(text: string): number | null {
  const parts = [...text.trim().toLowerCase().matchAll(/(\d+(?:\.\d+)?)\s*([a-z]*)\s*/gy)];
  const read = parts.map((part) => part[0]).join("");
  if (parts.length === 0 || read.length !== text.trim().length) return null;
  let sum = 0;
  for (const [, number, unit] of parts) {
    const factor = UNITS[unit ?? ""];
    if (factor === undefined) return null;
    sum += Number(number) * factor;
  }
  return sum > 0 ? sum : null;
}
