import { useEffect, useState } from "react";
import type { RoomView } from "../api/names";
import { at, countdown } from "../format/time";
import { T, listed, t } from "../texts";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { Trouble } from "../ui/Trouble";
import { Chat } from "./Chat";
import { GuestFrame, Pips } from "./GuestFrame";
import { LostLine } from "./LostLine";
import css from "./Room.module.css";
import { Say } from "./Say";
import { Side, Who } from "./Side";
import { useLink, useRoom, useRoomTime } from "./useRoom";

/** The open room: who is here, the chat, and the way out. */
export function OpenRoom({ view }: { view: RoomView }) {
  const { problem, lost, left } = useRoom();
  useEffect(() => {
    document.title = t("room.title.open", { about: view.about ?? t("app.name") });
  }, [view.about]);
  if (left) return <Left view={view} />;
  return (
    <div className={css.room}>
      <Header view={view} />
      <div className={css.strip}>
        {lost && <LostLine lost={lost} />}
        {problem && <Trouble problem={problem} />}
        <details className={`only-phone ${css.here}`}>
          <summary>
            <HereLine view={view} />
          </summary>
          <Who view={view} />
        </details>
      </div>
      <main id="main" className={css.chat}>
        <Chat view={view} />
        <Say />
      </main>
      <Side view={view} />
    </div>
  );
}

function HereLine({ view }: { view: RoomView }) {
  if (view.here.length === 0) return t("room.nobody-here");
  return <T of={["room.here", { names: listed(view.here.map((person) => person.name)) }]} />;
}

function Left({ view }: { view: RoomView }) {
  const link = useLink();
  return (
    <GuestFrame view={view} title={view.about ?? t("card.no-subject")}>
      <p>{t("room.left")}</p>
      <div>
        <Button look={["big", "primary"]} onClick={() => link.comeBack()}>
          {t("room.back")}
        </Button>
      </div>
    </GuestFrame>
  );
}

function Header({ view }: { view: RoomView }) {
  const link = useLink();
  const now = useRoomTime();
  const [ending, setEnding] = useState(false);
  const { here, need } = view;
  const open = view.opened_at ? countdown((now - at(view.opened_at)) / 1000) : "";
  return (
    <header className={css.header}>
      <Icon of="logo" size="big" />
      <div className="grow">
        <h1>{view.about ?? t("card.no-subject")}</h1>
        <p className="xs muted">
          <span className="only-desk">
            {t("room.by", { organiser: view.organiser })}
            {view.activity && ` · ${view.activity}`} ·{" "}
          </span>
          <span role="timer">{t("room.open-for", { time: open })}</span>
        </p>
      </div>
      <span className={css.quorum} role="status">
        <Pips taken={here.length} need={need} />
        <span>
          {here.length > need ? t("room.quorum-more", { here: here.length }) : t("room.quorum", { here: here.length, need })}
          <span className="only-desk">{t("room.quorum-here")}</span>
        </span>
      </span>
      <div className={css.ways}>
        {ending ? (
          <>
            <span className="sm">{t("room.end-sure")}</span>
            <Button look={["danger"]} onClick={() => link.end()}>
              {t("room.end-yes")}
            </Button>
            <Button onClick={() => setEnding(false)}>{t("room.keep")}</Button>
          </>
        ) : (
          <>
            {view.is_organiser && <Button onClick={() => setEnding(true)}>{t("room.end")}</Button>}
            <Button look={["danger"]} onClick={() => link.leave()}>
              {t("room.leave")}
            </Button>
          </>
        )}
      </div>
    </header>
  );
}
