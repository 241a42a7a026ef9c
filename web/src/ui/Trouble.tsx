import type { Problem } from "../api/names";
import { T, t } from "../texts";
import { TextButton } from "./Button";
import { Icon } from "./Icon";
import { Said } from "./Said";
import css from "./Trouble.module.css";

interface Props {
  problem: Problem;
  again?: () => void;
}

/** What went wrong in one part, with its remedy; the rest of the page lives on. */
export function Trouble({ problem, again }: Props) {
  return (
    <div className={css.trouble} role="status">
      <Icon of="x" />
      <p className="sm">
        <Said text={problem.detail} /> {problem.remedy && <span className="muted"><Said text={problem.remedy} /> </span>}
        {problem.status === 401 && <T of={["session.over"]} />}
        {again && <TextButton onClick={again}>{t("error.again")}</TextButton>}
      </p>
    </div>
  );
}
