import type { Activity } from "../api/names";
import { T, t } from "../texts";
import { Icon } from "../ui/Icon";
import { Clause } from "./Clause";
import { clauses, notComing, totals } from "./places";
import css from "./Picture.module.css";

/** The picture of a requirement: every clause with its places, and who does not come. */
export function Picture({ activity, now }: { activity: Activity; now: number }) {
  const { taken, need } = totals(activity);
  const rest = notComing(activity, now);
  return (
    <div className={css.picture} role="group" aria-label={t("picture.who-tally", { in: taken, need })}>
      {clauses(activity, now).map((clause, index) => (
        <Clause key={index} clause={clause} />
      ))}
      {rest.length > 0 && (
        <ul className={css.rest} aria-label={t("card.not-coming")}>
          {rest.map(({ key, sign, tone, text }) => (
            <li key={key}>
              <Icon of={sign} className={tone} />
              <span>
                <T of={text as never} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
