import { useEffect, useState } from "react";
import type { Activity } from "../api/names";
import { Link } from "../pages/Link";
import { T, t } from "../texts";
import { Button, looks } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { Trouble } from "../ui/Trouble";
import css from "./ActivityCard.module.css";
import { askedCount, laterOnes } from "./places";
import { useSend } from "./useSend";

const MORE_S = 300;
const AGAIN_S = 600;

const LABELS = {
  cancel: { sure: "card.cancel-sure", yes: "card.cancel-yes" },
  end: { sure: "card.end-sure", yes: "card.end-yes" },
} as const;

interface Props {
  activity: Activity;
  /** The `x` key was pressed on this card: ask as if the button had been. */
  asking: boolean;
  onAsked: (asking: boolean) => void;
  /** False where the why already stands below. */
  why?: boolean;
}

/** What one can do with an activity: why, more time, cancel (asks in place), open, try again. */
export function CardFoot({ activity, asking, onAsked, why = true }: Props) {
  const { busy, problem, send } = useSend();
  const path = `/activities/${activity.id}`;
  const live = activity.state === "live";
  const moving = activity.state === "waiting" || activity.state === "ringing";
  const labels = live ? LABELS.end : LABELS.cancel;
  const cancel = async () => {
    await send(`${path}/cancel`);
    onAsked(false);
  };
  const again = () =>
    void send("/activities", {
      who: activity.fell_back?.who ?? activity.who,
      about: activity.about,
      kind: activity.kind,
      urgent: activity.urgent,
      within_s: AGAIN_S,
      ...(activity.window && { window: activity.window.text, zone: activity.window.zone || null }),
      from: activity.organiser,
    });
  if (asking && (moving || live)) {
    const sure = live ? <T of={[LABELS.end.sure]} /> : <T of={[LABELS.cancel.sure, { n: askedCount(activity) }]} />;
    return (
      <div className={css.foot} role="group">
        <span className="sm grow">{sure}</span>
        <Focused onClick={() => void cancel()} busy={busy} text={t(labels.yes)} />
        <Button onClick={() => onAsked(false)}>{t("card.keep")}</Button>
      </div>
    );
  }
  return (
    <>
      {problem && <Trouble problem={problem} />}
      <div className={css.foot}>
        {why && (
          <Link to={`/activities/${activity.id}`} className={looks("plain")} data-why="">
            {t("card.why")}
          </Link>
        )}
        {moving && activity.deadline && (
          <Button look={["plain"]} disabled={busy} onClick={() => void send(`${path}/extend`, { by_s: MORE_S })}>
            {t("card.more")}
          </Button>
        )}
        {moving &&
          laterOnes(activity).map((person) => (
            <Button key={person.person} look={["plain"]} disabled={busy} onClick={() => void send(`${path}/take`, { person: person.person })}>
              {t("card.take", { name: person.name })}
            </Button>
          ))}
        {!moving && !live && (
          <Button look={["plain"]} disabled={busy} onClick={again}>
            {t("card.again")}
          </Button>
        )}
        <span className="grow" />
        {live && activity.room && (
          <a className={looks("primary")} href={activity.room.url}>
            <Icon of="door" />
            {t("card.open-room")}
          </a>
        )}
        {(moving || live) && (
          <Button look={["danger"]} onClick={() => onAsked(true)} data-cancel="">
            {cancelText(activity)}
          </Button>
        )}
      </div>
    </>
  );
}

function cancelText(activity: Activity) {
  if (activity.state === "live") return t("card.end");
  if (askedCount(activity) === 0) return t("card.cancel");
  return (
    <>
      <span className="only-desk">{t("card.cancel-tell")}</span>
      <span className="only-phone">{t("card.cancel")}</span>
    </>
  );
}

/** The button that takes the focus when the question appears. */
function Focused({ onClick, busy, text }: { onClick: () => void; busy: boolean; text: string }) {
  const [button, setButton] = useState<HTMLButtonElement | null>(null);
  useEffect(() => button?.focus(), [button]);
  return (
    <Button ref={setButton} look={["danger"]} disabled={busy} onClick={onClick}>
      {text}
    </Button>
  );
}
