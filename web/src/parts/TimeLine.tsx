import type { LogLine } from "../api/names";
import { at, clockSeconds } from "../format/time";
import { Icon } from "../ui/Icon";
import type { Sign } from "../ui/Sprite";
import css from "./TimeLine.module.css";

type Tone = "yes" | "no" | "ring" | "";

/** By name of what happened (the engine's own words); anything else gets the quiet clock. */
const LOOK: Record<string, [Sign, Tone] | undefined> = {
  created: ["people", ""],
  rang: ["bell", "ring"],
  substitute: ["bell", "ring"],
  accepted: ["check", "yes"],
  taken: ["check", "yes"],
  done: ["check", "yes"],
  declined: ["x", "no"],
  conflict: ["x", "no"],
  "fell-back": ["people", "ring"],
  "late-no": ["x", ""],
  covered: ["check", ""],
  live: ["door", "yes"],
  joined: ["door", "yes"],
  left: ["door", ""],
  ended: ["check", ""],
  expired: ["clock", "no"],
  cancelled: ["dash", ""],
  failed: ["x", "no"],
  "not-done": ["question", ""],
};

/** What happened and what did not, with the reason, oldest first. */
export function TimeLine({ log }: { log: LogLine[] }) {
  return (
    <ol className={css.line}>
      {log.map((line, index) => {
        const [sign, tone] = LOOK[line.what] ?? ["clock", ""];
        return (
          <li key={index}>
            <time dateTime={line.at}>{clockSeconds(at(line.at))}</time>
            <span className={`${css.dot} ${tone ? css[tone] : ""}`}>
              <Icon of={sign} />
            </span>
            <p>{line.text}</p>
          </li>
        );
      })}
    </ol>
  );
}
