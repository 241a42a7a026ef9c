import type { ReactNode } from "react";
import type { ActivityState } from "../api/names";
import { t } from "../texts";
import { Icon } from "../ui/Icon";
import type { Sign } from "../ui/Sprite";
import css from "./StateLabel.module.css";

type Tone = "" | "yes" | "ring" | "no";

const LOOK: Record<ActivityState, [Sign, Tone]> = {
  waiting: ["clock", ""],
  ringing: ["bell", "ring"],
  live: ["door", "yes"],
  ended: ["check", ""],
  cancelled: ["dash", ""],
  expired: ["clock", "no"],
  failed: ["x", "no"],
};

export function Label({ sign, tone, children }: { sign: Sign; tone: Tone; children: ReactNode }) {
  return (
    <span className={`${css.state} ${tone ? css[tone] : ""}`}>
      <Icon of={sign} />
      {children}
    </span>
  );
}

export function StateLabel({ state }: { state: ActivityState }) {
  const [sign, tone] = LOOK[state];
  return (
    <Label sign={sign} tone={tone}>
      {t(`state.${state}`)}
    </Label>
  );
}
