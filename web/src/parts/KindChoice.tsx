import type { Kind } from "../api/names";
import { t } from "../texts";
import { Icon } from "../ui/Icon";
import css from "./Composer.module.css";
import { KIND_SIGNS } from "./KindTag";

export const KINDS = ["chat", "call", "video", "board", "review"] as const satisfies Kind[];

interface Props {
  value: Kind;
  onChange: (kind: Kind) => void;
}

export function KindChoice({ value, onChange }: Props) {
  return (
    <div className={css.segments} role="radiogroup" aria-label={t("composer.kind")}>
      {KINDS.map((kind) => (
        <label key={kind}>
          <input type="radio" name="kind" checked={kind === value} onChange={() => onChange(kind)} />
          <Icon of={KIND_SIGNS[kind]} />
          {t(`kind.${kind}`)}
        </label>
      ))}
    </div>
  );
}
