import { useEffect, useRef } from "react";
import type { AskForYou } from "../api/names";
import { at } from "../format/time";
import { useNow, useWorld } from "../live/hooks";
import { listOf } from "../live/lists";
import { t } from "../texts";
import { Icon } from "../ui/Icon";
import { AskAlert } from "./AskAlert";
import css from "./AskAlert.module.css";
import { announce } from "./announce";

/** The one line about an ask that is over stays for so long. */
const LINE_MS = 10 * 60 * 1000;

/** Who asks the page's owner: alerts while open, one line afterwards. The container is always there. */
export function Asks() {
  const { asks } = useWorld();
  const now = useNow();
  const seen = useRef(new Set<string>());
  const all = listOf(asks);
  const open = all.filter((ask) => ask.state === "asked");
  const over = all.filter((ask) => ask.state !== "asked" && now - at(ask.at) < LINE_MS);

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
      {over.map((ask) => (
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
      return ask.answered_elsewhere ? t("ask.accepted-elsewhere") : t("ask.accepted");
    case "declined":
      return ask.answered_elsewhere ? t("ask.declined-elsewhere") : t("ask.declined");
    case "later":
      return ask.answered_elsewhere ? t("ask.later-elsewhere") : t("ask.said-later");
    case "silent":
      return t("ask.silent", { name });
    case "covered":
      return t("ask.covered", { about });
    default:
      return t("ask.withdrawn", { name, about });
  }
}
