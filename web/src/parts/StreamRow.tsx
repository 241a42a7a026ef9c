import type { Stream } from "../api/names";
import { bare } from "../format/name";
import { age, at, span } from "../format/time";
import { useUpToDate } from "../live/hooks";
import { t } from "../texts";
import { Icon } from "../ui/Icon";
import css from "../ui/List.module.css";
import { STREAM_LOOK, STREAM_UNKNOWN } from "../ui/tones";

/** What the stream does now and, if it does less than it could, why. */
function secondLine(stream: Stream, now: number): string {
  const reason = stream.reason_text ?? stream.reason ?? t("streams.no-reason");
  const seconds = (now - at(stream.since)) / 1000;
  if (stream.state === "frozen") return t("streams.frozen", { reason });
  if (stream.state === "blind") return t("streams.blind", { reason });
  if (stream.state === "ended") {
    const ago = t("streams.ended-ago", { ago: age(seconds) });
    return stream.reason_text ? `${ago} · ${stream.reason_text}` : ago;
  }
  const contacts = t("streams.contacts", { n: stream.contacts });
  return [stream.client, contacts, span(seconds), stream.reason_text].filter(Boolean).join(" · ");
}

export function StreamRow({ stream, now }: { stream: Stream; now: number }) {
  const upToDate = useUpToDate();
  const { sign, tone } = upToDate ? STREAM_LOOK[stream.state] : STREAM_UNKNOWN;
  return (
    <li className={css.row}>
      <span className={`${css.sign} ${tone}`}>
        <Icon of={sign} size="middle" />
      </span>
      <span className={css.who}>{stream.account ? bare(stream.account) : t("streams.no-account")}</span>
      <span className={css.state}>{upToDate ? t(`stream.${stream.state}`) : t("availability.unknown")}</span>
      <span className={css.source}>{secondLine(stream, now)}</span>
    </li>
  );
}
