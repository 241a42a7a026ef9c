import type { CheckAnswer } from "../api/names";
import { listed, T, t } from "../texts";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import type { Sign } from "../ui/Sprite";
import css from "./Composer.module.css";

const SIGNS: Record<CheckAnswer["verdict"], Sign> = { yes: "check", no: "dash", unknown: "question" };

/** More names than this are counted instead of listed on the button. */
const NAMES_ON_BUTTON = 2;

interface Props {
  answer: CheckAnswer;
  old: boolean;
  sending: boolean;
  /** Names of those whose availability is not known, for "ask again". */
  unknown: string[];
  onAsk: () => void;
  onAskAgain: () => void;
}

/** Could it work now? In words, with the one thing to do about it. */
export function Verdict({ answer, old, sending, unknown, onAsk, onAskAgain }: Props) {
  const { verdict } = answer;
  return (
    <div className={`${css.verdict} ${old ? css.old : ""}`}>
      <span className={`${css.mark} ${css[`mark_${verdict}`]}`}>
        <Icon of={SIGNS[verdict]} />
      </span>
      <div className="grow" role="status">
        <p className="strong">{t(`composer.${verdict}`)}</p>
        <p className="sm muted">
          <Details answer={answer} unknown={unknown} />
        </p>
      </div>
      <div className={css.actions}>
        {verdict === "unknown" && unknown.length > 0 && (
          <Button onClick={onAskAgain} disabled={sending}>
            {t("composer.ask-again", { n: unknown.length, names: listed(unknown) })}
          </Button>
        )}
        <Button look={verdict === "yes" ? ["primary"] : []} onClick={onAsk} disabled={sending}>
          {sending ? t("composer.asking") : askText(answer)}
          {verdict === "yes" && !sending && <kbd className="only-desk">Enter</kbd>}
        </Button>
      </div>
    </div>
  );
}

function askText({ verdict, ring }: CheckAnswer): string {
  if (verdict !== "yes") return t("composer.wait-and-ask");
  if (ring.length > NAMES_ON_BUTTON) return t("composer.ask-many", { n: ring.length });
  return t("composer.ask", { names: listed(ring) });
}

function Details({ answer, unknown }: Pick<Props, "answer" | "unknown">) {
  const { verdict, ring, then, missing, candidates, of } = answer;
  if (verdict === "yes") {
    return (
      <>
        {then.length > 0 ? (
          <T of={["composer.would-ring-then", { first: listed(ring), then: listed(then) }]} />
        ) : (
          <T of={["composer.would-ring", { first: listed(ring) }]} />
        )}{" "}
        {of > 0 && `${t("composer.can-be-asked", { can: candidates, all: of })} `}
        {t("composer.nobody-yet")}
      </>
    );
  }
  const whole = missing.map((text) => (/[.!?]$/.test(text) ? text : `${text}.`)).join(" ");
  if (verdict === "no") return `${whole} ${t("composer.can-wait")}`;
  const silent = unknown.length > 0 ? t("composer.no-answer", { n: unknown.length, names: listed(unknown) }) : whole;
  return `${silent} ${t("composer.if-it-turns-out")}`;
}
