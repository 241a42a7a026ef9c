import { useEffect, useRef } from "react";
import type { AskForYou } from "../api/names";
import { useNow, useWorld } from "../live/hooks";
import { listOf, pastAsks } from "../live/lists";
import { t } from "../texts";
import { Icon } from "../ui/Icon";
import { AskAlert } from "./AskAlert";
import css from "./AskAlert.module.css";
import { announce } from "./announce";

/** Who asks the page's owner: alerts while open, one line afterwards. The container is always there. */
export function Asks() {
  const { asks, activities } = useWorld();
  const now = useNow();
  const seen = useRef(new Set<string>());
  const open = listOf(asks).filter((ask) => ask.state === "asked");
  const past = pastAsks(asks, activities, now);

  useEffect(() => {
    for (const ask of open) {
      if (!seen.current.has(ask.id)) announce(ask, now);
      seen.current.add(ask.id);
    }
  });

  return (
    <>
      <div role="alert" className={css.alerts}>
        {open.map((ask) => (
          <AskAlert key={ask.id} ask={ask} now={now} />
        ))}
      </div>
      {past.map((ask) => (
        <p key={ask.id} className={css.line}>
          <Icon of={ask.state === "accepted" ? "check" : "clock"} />
          <span>{line(ask)}</span>
          {ask.room && <a href={ask.room.url}>{t("card.open-room")}</a>}
        </p>
      ))}
    </>
  );
}

function line(ask: AskForYou): string {
  const about = ask.about ?? t("ask.something");
  const name = ask.organiser_name;
  switch (ask.state) {
    case "accepted":
      return t(ask.answered_elsewhere ? "ask.accepted-elsewhere" : "ask.accepted", { about });
    case "declined":
      if (ask.conflict) return t("ask.said-conflict", { about });
      return t(ask.answered_elsewhere ? "ask.declined-elsewhere" : "ask.declined", { about });
    case "later":
      return t(ask.answered_elsewhere ? "ask.later-elsewhere" : "ask.said-later", { about });
    case "silent":
      return t("ask.silent", { name, about });
    case "covered":
      return t("ask.covered", { about });
    default:
      return t("ask.withdrawn", { name, about });
  }
}
