import { useState } from "react";
import type { Activity } from "../api/names";
import { Link } from "../pages/Link";
import { t } from "../texts";
import css from "./ActivityCard.module.css";
import { CardFoot } from "./CardFoot";
import { KindTag } from "./KindTag";
import { NextLine } from "./NextLine";
import { Picture } from "./Picture";
import { StateLabel } from "./StateLabel";
import { barOf, TimeBar } from "./TimeBar";
import { Times } from "./Times";

const OVER = ["ended", "expired", "cancelled", "failed"];

/** An activity on Now and in History. `data-card` is what the keys j, k, w and x go by. */
export function ActivityCard({ activity, now }: { activity: Activity; now: number }) {
  const [asking, setAsking] = useState(false);
  const over = OVER.includes(activity.state);
  const heading = `card-${activity.id}`;
  return (
    <article className="card" aria-labelledby={heading} data-card={activity.id}>
      <div className="inner stack">
        <div className={`row ${css.top}`}>
          <StateLabel state={activity.state} />
          <h3 id={heading} className={`grow ${css.title}`}>
            <Link to={`/activities/${activity.id}`} data-open="">
              {activity.about ?? activity.who}
            </Link>
          </h3>
          <span className={css.tags}>
            <KindTag kind={activity.kind} />
            {activity.urgent && <span className="tag only-desk">{t("card.urgent")}</span>}
            <span className="tag mono">{activity.id}</span>
          </span>
        </div>
        {over ? (
          activity.reason_text && <p className="sm muted">{activity.reason_text}</p>
        ) : (
          <>
            <Picture activity={activity} now={now} />
            <NextLine activity={activity} now={now} />
            {activity.state !== "live" && (
              <>
                <Times activity={activity} now={now} />
                <TimeBar {...barOf(activity)} now={now} />
              </>
            )}
          </>
        )}
      </div>
      <CardFoot activity={activity} asking={asking} onAsked={setAsking} />
    </article>
  );
}
