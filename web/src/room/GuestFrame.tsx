import type { ReactNode } from "react";
import type { RoomView } from "../api/names";
import { KindTag } from "../parts/KindTag";
import { t } from "../texts";
import { Icon } from "../ui/Icon";
import type { Sign } from "../ui/Sprite";
import { Trouble } from "../ui/Trouble";
import css from "./Guest.module.css";
import { LostLine } from "./LostLine";
import { useRoom } from "./useRoom";

interface Props {
  view: RoomView | null;
  lead?: string;
  title: string;
  children: ReactNode;
}

/** One column, one decision: the frame of every guest page that is not the room itself. */
export function GuestFrame({ view, lead, title, children }: Props) {
  const { problem, lost } = useRoom();
  return (
    <main id="main" className={css.guest}>
      <div className="row">
        <span className={css.brand}>
          <Icon of="logo" size="big" />
          {t("app.name")}
        </span>
        <span className="grow" />
        {view && <KindTag kind={view.kind} />}
      </div>
      <div className="stack-s">
        {lead && <p className="sm muted">{lead}</p>}
        <h1 className={css.about}>{title}</h1>
      </div>
      {lost && <LostLine lost={lost} />}
      {children}
      {problem && <Trouble problem={problem} />}
    </main>
  );
}

export function Notice({ sign, tone, children }: { sign: Sign; tone: "yes" | "ring" | ""; children: ReactNode }) {
  return (
    <div className={`${css.notice} ${tone ? css[tone] : ""}`} role="status">
      <Icon of={sign} size="big" />
      <div>{children}</div>
    </div>
  );
}

/** Filled and empty dots, drawn only; the words stand beside them. */
export function Pips({ taken, need }: { taken: number; need: number }) {
  return (
    <span className={css.pips} aria-hidden="true">
      {Array.from({ length: need }, (_, index) => (
        <i key={index} className={index < taken ? css.taken : ""} />
      ))}
    </span>
  );
}
