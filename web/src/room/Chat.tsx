import { useLayoutEffect, useRef } from "react";
import type { ChatLine, RoomView } from "../api/names";
import { initials } from "../format/name";
import { at, clock, exact } from "../format/time";
import { listed, t } from "../texts";
import { Icon } from "../ui/Icon";
import css from "./Room.module.css";
import { useRoom } from "./useRoom";

/** So near to its end the log follows what comes. */
const NEAR_END_PX = 80;

/** What was written while the page was in the room. */
export function Chat({ view }: { view: RoomView }) {
  const { chat, unsent } = useRoom();
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  useLayoutEffect(() => {
    const shown = box.current;
    if (shown && atEnd.current) shown.scrollTop = shown.scrollHeight;
  }, [chat, unsent]);
  const scrolled = () => {
    const shown = box.current;
    if (shown) atEnd.current = shown.scrollHeight - shown.scrollTop - shown.clientHeight < NEAR_END_PX;
  };
  return (
    <div ref={box} className={css.box} role="log" aria-label={t("room.chat")} tabIndex={0} onScroll={scrolled}>
      <ol className={css.log}>
        <Opened view={view} />
        {chat.map((line) => (
          <Line key={line.id} line={line} />
        ))}
        {unsent.map((text, index) => (
          <li key={`unsent-${index}`} className={css.message}>
            <span className={css.face} aria-hidden="true">
              {initials(view.you || "?")}
            </span>
            <span>
              <b>{view.you}</b> <span className="xs muted">{t("room.not-sent")}</span>
            </span>
            <p>{text}</p>
          </li>
        ))}
        {chat.every((line) => line.name === null) && unsent.length === 0 && (
          <li className={css.system}>{t("room.nobody-wrote")}</li>
        )}
      </ol>
    </div>
  );
}

function Opened({ view }: { view: RoomView }) {
  if (!view.opened_at) return null;
  const opened = at(view.opened_at);
  const names = listed(view.opened_with);
  const after = exact((opened - at(view.created)) / 1000);
  return (
    <li className={css.system}>
      <Icon of="door" />
      {t("room.opened", { time: clock(opened), after, names })}
    </li>
  );
}

function Line({ line }: { line: ChatLine }) {
  if (line.name === null) {
    return (
      <li className={css.system}>
        <Icon of="bell" />
        {line.only_you ? t("room.only-you-line", { text: line.text }) : line.text}
      </li>
    );
  }
  return (
    <li className={css.message}>
      <span className={css.face} aria-hidden="true">
        {initials(line.name)}
      </span>
      <span>
        <b>{line.name}</b>
        <time dateTime={line.at}>{clock(at(line.at))}</time>
      </span>
      <p>{line.text}</p>
    </li>
  );
}
