import type { TraceLine } from "../api/names";
import { age } from "../format/time";
import { t } from "../texts";
import { Icon } from "../ui/Icon";
import css from "./EvidenceTable.module.css";

interface Props {
  caption: string;
  trace: TraceLine[];
  /** Seconds that went by since the ages in the trace were true. */
  since: number;
}

/** Every piece of evidence, counted or not, and why not. */
export function EvidenceTable({ caption, trace, since }: Props) {
  return (
    <table className={css.table}>
      <caption className="vh">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">{t("evidence.source")}</th>
          <th scope="col">{t("evidence.says")}</th>
          <th scope="col">{t("evidence.age")}</th>
          <th scope="col">{t("evidence.counted")}</th>
        </tr>
      </thead>
      <tbody>
        {trace.map((line, index) => (
          <tr key={index}>
            <td>{line.asked ? t("evidence.asked", { source: line.source }) : line.source}</td>
            <td>{line.says}</td>
            <td className="nowrap">{age(line.age_s + since, 1)}</td>
            <td>
              <Icon of={line.used ? "check" : "dash"} className={line.used ? "yes" : "quiet"} />{" "}
              {line.used ? t("evidence.yes") : (line.why_not ?? t("evidence.no"))}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
