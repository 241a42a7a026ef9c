import { useEffect, useState } from "react";
import type { GuestPerson, RoomView } from "../api/names";
import { initials } from "../format/name";
import { age, at, clock, moment } from "../format/time";
import { Place } from "../parts/Place";
import { T, t } from "../texts";
import { Button, TextButton } from "../ui/Button";
import css from "./Guest.module.css";
import { GuestFrame, Notice } from "./GuestFrame";
import { useLink, useRoom, useRoomTime } from "./useRoom";

/** Somebody else already came: nothing to do, join anyway? */
export function Late({ view }: { view: RoomView }) {
  const link = useLink();
  const { busy } = useRoom();
  const now = useRoomTime();
  const [done, setDone] = useState<"no" | "stop" | null>(null);
  const { organiser, you } = view;
  useEffect(() => {
    document.title = view.about ?? t("app.name");
  }, [view.about]);
  const say = async (answer: "no" | "stop") => {
    if (await link.answer(answer)) setDone(answer);
  };
  return (
    <GuestFrame view={view} lead={lead(view)} title={view.about ?? t("card.no-subject")}>
      <Notice sign="check" tone="yes">
        <p>
          <b>{covered(view, now)}</b>
        </p>
        <p className="sm">{t("room.nothing-to-do")}</p>
      </Notice>
      {view.here.length > 0 && (
        <section className="card">
          <div className="inner stack">
            <h2>{t("room.now-in")}</h2>
            <ul className={css.seats} aria-label={t("room.now-in")}>
              {view.here.map((person) => (
                <Place key={person.name} place={{ ...seat(person), note: person.role }} />
              ))}
            </ul>
          </div>
        </section>
      )}
      <div className={css.bottom}>
        {done === null ? (
          <>
            <p className="strong">{t("room.join-anyway")}</p>
            <Button look={["big", "primary"]} disabled={busy} onClick={() => void link.answer("yes", true)}>
              {t("room.join")}
            </Button>
            <Button look={["big"]} disabled={busy} onClick={() => void say("no")}>
              {t("room.no-thanks")}
            </Button>
          </>
        ) : (
          <Notice sign="check" tone="">
            {done === "no" ? t("room.cannot-said") : t("room.stopped", { organiser })}
          </Notice>
        )}
        <p className="xs muted">
          {view.deadline && at(view.deadline) > now ? (
            <T of={["room.or-write", { time: moment(at(view.deadline), now) }]} />
          ) : (
            <T of={["room.or-write-open"]} />
          )}{" "}
          {you && done !== "stop" && <Stop organiser={organiser} onStop={() => void say("stop")} />}
        </p>
      </div>
    </GuestFrame>
  );
}

/** Asks in place before it stops everything from this organiser. */
function Stop({ organiser, onStop }: { organiser: string; onStop: () => void }) {
  const [asking, setAsking] = useState(false);
  if (!asking) return <TextButton onClick={() => setAsking(true)}>{t("room.stop")}</TextButton>;
  return (
    <>
      {t("room.stop-sure", { organiser })} <TextButton onClick={onStop}>{t("room.stop-yes")}</TextButton>
    </>
  );
}

function lead({ organiser, you, asked_at }: RoomView): string {
  return asked_at
    ? t("room.asked-you-at", { organiser, you, time: clock(at(asked_at)) })
    : t("room.asked-you", { organiser, you });
}

function covered({ covered_by, covered_at }: RoomView, now: number): string {
  if (!covered_at) return t("room.covered-plain");
  const ago = age((now - at(covered_at)) / 1000, 1);
  return covered_by ? t("room.covered-by", { name: covered_by, ago }) : t("room.covered", { ago });
}

const seat = (person: GuestPerson) => ({
  key: person.name,
  state: "here" as const,
  letters: initials(person.name),
  name: person.you ? t("picture.you-lower") : person.name,
});
