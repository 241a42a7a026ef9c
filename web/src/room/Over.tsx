import { useEffect } from "react";
import type { RoomView } from "../api/names";
import { at, moment } from "../format/time";
import { T, t } from "../texts";
import { GuestFrame, Notice } from "./GuestFrame";
import { useRoomTime } from "./useRoom";

/** Ended, expired, revoked, withdrawn: what happened, and what to do now. */
export function Over({ view }: { view: RoomView }) {
  const now = useRoomTime();
  const { organiser } = view;
  const end = view.ended_at ?? view.deadline;
  const time = end ? moment(at(end), now) : null;
  useEffect(() => {
    document.title = view.about ?? t("app.name");
  }, [view.about]);
  return (
    <GuestFrame view={view} title={view.about ?? t("app.name")}>
      <Notice sign={view.state === "ended" ? "check" : "clock"} tone="">
        {view.state === "ended" && (
          <>
            <p>
              <b>{time ? t("room.ended", { time }) : t("room.ended-plain")}</b>
            </p>
            {!view.is_organiser && <p className="sm muted">{t("room.ended-next", { organiser })}</p>}
          </>
        )}
        {view.state === "expired" &&
          (time ? <T of={["room.expired", { time, organiser }]} /> : <T of={["room.expired-plain", { organiser }]} />)}
        {view.state === "revoked" && <T of={["room.revoked", { organiser }]} />}
        {view.state === "withdrawn" &&
          (view.is_organiser ? t("room.ended-plain") : t("room.withdrawn", { organiser }))}
      </Notice>
      {view.not_coming.length > 0 && (
        <div className="sm muted stack-s">
          {view.not_coming.map((line) => (
            <p key={line}>{line}</p>
          ))}
        </div>
      )}
    </GuestFrame>
  );
}

/** The link leads nowhere. */
export function Dead() {
  useEffect(() => {
    document.title = t("room.dead");
  }, []);
  return (
    <GuestFrame view={null} title={t("room.dead")}>
      <p>
        <T of={["room.dead-next"]} />
      </p>
    </GuestFrame>
  );
}
