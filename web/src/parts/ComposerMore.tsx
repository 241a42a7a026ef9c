import { useId } from "react";
import { bare } from "../format/name";
import { t } from "../texts";
import type { Wish } from "./Composer";
import css from "./Composer.module.css";
import { ComposerTimes } from "./ComposerTimes";
import { KindChoice } from "./KindChoice";

interface Props {
  wish: Wish;
  accounts: string[];
  badTime: boolean;
  onChange: (wish: Wish) => void;
}

/** What the requirement may carry: about, kind, time, and from which of several accounts. */
export function ComposerMore({ wish, accounts, badTime, onChange }: Props) {
  const timeId = useId();
  return (
    <>
      <div className="row">
        <label className={`${css.small} grow`}>
          <span className="muted">{t("composer.about")}</span>
          <input
            value={wish.about}
            maxLength={300}
            placeholder={t("composer.about-example")}
            onChange={(event) => onChange({ ...wish, about: event.target.value })}
          />
        </label>
        <KindChoice value={wish.kind} onChange={(kind) => onChange({ ...wish, kind })} />
        <label className={`${css.small} ${css.within} ${badTime ? css.bad : ""}`}>
          <span className="muted">{t("composer.within")}</span>
          <input
            value={wish.within}
            placeholder="20 min"
            aria-invalid={badTime || undefined}
            aria-describedby={badTime ? timeId : undefined}
            onChange={(event) => onChange({ ...wish, within: event.target.value })}
          />
        </label>
      </div>
      {wish.kind === "review" && (
        <label className={css.small}>
          <span className="muted">{t("composer.target")}</span>
          <input
            value={wish.target}
            maxLength={2000}
            onChange={(event) => onChange({ ...wish, target: event.target.value })}
          />
        </label>
      )}
      {accounts.length > 1 && (
        <label className={css.small}>
          <span className="muted">{t("composer.from")}</span>
          <select value={wish.from ?? ""} onChange={(event) => onChange({ ...wish, from: event.target.value })}>
            {accounts.map((account) => (
              <option key={account} value={account}>
                {bare(account)}
              </option>
            ))}
          </select>
        </label>
      )}
      {badTime && (
        <p id={timeId} className={`sm ${css.refused}`}>
          {t("composer.bad-within", { text: wish.within })}
        </p>
      )}
      <ComposerTimes wish={wish} onChange={onChange} />
      {wish.kind !== "chat" && <p className="xs muted">{t("composer.only-chat")}</p>}
    </>
  );
}
