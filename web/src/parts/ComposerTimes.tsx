import { t } from "../texts";
import type { Wish } from "./Composer";
import css from "./Composer.module.css";

type Field = "at" | "hours" | "instead";

const FIELDS: readonly Field[] = ["at", "hours", "instead"];

/** What is seldom needed: a time to begin, hours of the week, others who are asked instead. */
export function ComposerTimes({ wish, onChange }: { wish: Wish; onChange: (wish: Wish) => void }) {
  return (
    <details className={css.times} open={FIELDS.some((field) => wish[field] !== "") || undefined}>
      <summary className="xs muted">{t("composer.times")}</summary>
      <div className="stack-s">
        {FIELDS.map((field) => (
          <label key={field} className={css.small}>
            <span className="muted">{t(`composer.${field}`)}</span>
            <input
              value={wish[field]}
              maxLength={field === "instead" ? 2000 : 60}
              placeholder={t(`composer.${field}-example`)}
              onChange={(event) => onChange({ ...wish, [field]: event.target.value })}
            />
          </label>
        ))}
      </div>
    </details>
  );
}
