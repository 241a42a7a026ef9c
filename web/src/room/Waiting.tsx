import { useEffect, useState } from "react";
import type { RoomView } from "../api/names";
import { Clause } from "../parts/Clause";
import picture from "../parts/Picture.module.css";
import { TimeBar } from "../parts/TimeBar";
import { T, t } from "../texts";
import { Button } from "../ui/Button";
import { chime } from "../ui/chime";
import { Icon } from "../ui/Icon";
import css from "./Guest.module.css";
import { GuestFrame, Notice, Pips } from "./GuestFrame";
import { guestClauses } from "./guestPlaces";
import { useLink, useRoom, useRoomTime } from "./useRoom";

/** Before it opens: who is in, how many more, and the way out. */
export function Waiting({ view, sound, onSound }: { view: RoomView; sound: boolean; onSound: (on: boolean) => void }) {
  const now = useRoomTime();
  const link = useLink();
  const { busy } = useRoom();
  const [declined, setDeclined] = useState(false);
  const lead = view.is_organiser
    ? t("room.you-asked")
    : t("room.asked-you", { organiser: view.organiser, you: view.you });
  const isIn = view.is_organiser || view.you_said === "yes";
  useEffect(() => {
    document.title = t("room.title.waiting", { about: view.about ?? t("app.name") });
  }, [view.about]);
  const no = async () => setDeclined(await link.answer("no"));
  return (
    <GuestFrame view={view} lead={lead} title={view.about ?? t("card.no-subject")}>
      <Status view={view} declined={declined} />
      <section className="card">
        <div className="inner stack">
          <div className="row">
            <h2 className="grow">{t("room.are-in", { in: view.in_count, need: view.need })}</h2>
            <Pips taken={view.in_count} need={view.need} />
          </div>
          <div
            className={picture.picture}
            role="group"
            aria-label={t("picture.who-tally", { in: view.in_count, need: view.need })}
          >
            {guestClauses(view, now).map((clause, index) => (
              <Clause key={index} clause={clause} />
            ))}
          </div>
          <TimeBar created={view.created} deadline={view.deadline} ringing now={now} />
        </div>
      </section>
      {isIn && <p className="sm muted">{t("room.can-close")}</p>}
      <div className={css.bottom}>
        {isIn && (
          <Button
            look={["big"]}
            aria-pressed={sound}
            onClick={() => {
              onSound(!sound);
              if (!sound) chime();
            }}
          >
            <Icon of="bell" />
            {sound ? t("room.sound-on") : t("room.sound-off")}
          </Button>
        )}
        {!isIn && (
          <Button look={["big", "primary"]} disabled={busy} onClick={() => void link.answer("yes")}>
            {t("room.can")}
          </Button>
        )}
        {!view.is_organiser && view.you_said !== "no" && !declined && (
          <Button look={["big", "danger"]} disabled={busy} onClick={() => void no()}>
            {isIn ? t("room.cannot") : t("room.no-thanks")}
          </Button>
        )}
      </div>
    </GuestFrame>
  );
}

function Status({ view, declined }: { view: RoomView; declined: boolean }) {
  if (view.is_organiser) {
    return (
      <Notice sign="bell" tone="ring">
        <T of={["room.waiting-yours"]} />
      </Notice>
    );
  }
  if (declined || view.you_said === "no") return <Notice sign="x" tone="">{t("room.cannot-said")}</Notice>;
  if (view.you_said === "yes") {
    return (
      <Notice sign="check" tone="yes">
        <T of={["room.in"]} />
      </Notice>
    );
  }
  return <Notice sign="bell" tone="ring">{t("room.asks-now", { organiser: view.organiser })}</Notice>;
}
