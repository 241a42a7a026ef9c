import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import type { AnswerGiven, AskForYou } from "../api/names";
import { at, countdown } from "../format/time";
import { Link } from "../pages/Link";
import { useStore } from "../live/hooks";
import { T, t } from "../texts";
import { Button, looks } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { Trouble } from "../ui/Trouble";
import css from "./AskAlert.module.css";
import { KIND_SIGNS } from "./KindTag";
import { Label } from "./StateLabel";
import { useSend } from "./useSend";

/** Keys are ignored for so long after the alert appeared: nobody answers by accident. */
const DEAF_MS = 500;
const LATER_S = 300;
const SPOKEN_AT_S = 10;

/** Somebody asks the page's owner, now. */
export function AskAlert({ ask, now }: { ask: AskForYou; now: number }) {
  const store = useStore();
  const { busy, problem, send } = useSend<AskForYou>();
  const box = useRef<HTMLElement>(null);
  const since = useRef(0);
  const [focused, setFocused] = useState(false);
  const left = ask.until ? Math.max(0, (at(ask.until) - now) / 1000) : null;

  useEffect(() => {
    since.current = Date.now();
    const busyElsewhere = document.activeElement?.matches("input, textarea, select, [contenteditable]");
    if (!busyElsewhere) box.current?.focus();
  }, [ask.id]);

  const answer = async (given: AnswerGiven) => {
    const told = await send(`/asks/${ask.id}/answer`, given);
    if (told) store.told("ask", told);
  };
  const keys = (event: KeyboardEvent) => {
    if (Date.now() - since.current < DEAF_MS || event.target !== box.current || busy) return;
    const given = KEYS[event.key];
    if (!given) return;
    event.preventDefault();
    void answer(given);
  };

  return (
    <section
      ref={box}
      className={css.alert}
      aria-labelledby={`ask-${ask.id}`}
      tabIndex={-1}
      data-alert=""
      onKeyDown={keys}
      onFocus={(event) => setFocused(event.target === box.current)}
      onBlur={() => setFocused(false)}
    >
      <div className={css.top}>
        {left !== null && (
          <span role="timer">
            <Label sign="bell" tone="ring">
              {countdown(left)}
            </Label>
          </span>
        )}
        <div className="grow">
          <p id={`ask-${ask.id}`}>
            {ask.about ? (
              <T of={["ask.asks-now", { name: ask.organiser_name, about: ask.about }]} />
            ) : (
              <T of={["ask.asks-now-nothing", { name: ask.organiser_name }]} />
            )}
          </p>
          <p className="xs muted">
            <Icon of={KIND_SIGNS[ask.kind]} /> {t(`kind.${ask.kind}`)} · {ask.needed}
          </p>
        </div>
      </div>
      <div className={`row ${css.answers}`}>
        <Button look={["primary"]} disabled={busy} onClick={() => void answer({ answer: "yes" })}>
          {t("ask.yes")} {focused && <kbd className="only-desk">Enter</kbd>}
        </Button>
        <Button disabled={busy} onClick={() => void answer({ answer: "no" })}>
          {t("ask.no")} {focused && <kbd className="only-desk">Esc</kbd>}
        </Button>
        <Button disabled={busy} onClick={() => void answer({ answer: "later", delay_s: LATER_S })}>
          {t("ask.later")} {focused && <kbd className="only-desk">5</kbd>}
        </Button>
        <span className="grow only-desk" />
        <Button look={["plain"]} disabled={busy} title={t("ask.conflict-means")} onClick={() => void answer({ answer: "conflict" })}>
          {t("ask.conflict")}
        </Button>
        <Link to={`/activities/${ask.activity}`} className={looks("plain")}>
          {t("ask.why")}
        </Link>
      </div>
      {problem && <Trouble problem={problem} />}
      <span className="vh" role="status">
        {left !== null && left <= SPOKEN_AT_S && left > 0 ? t("ask.ten-left", { name: ask.organiser_name }) : ""}
      </span>
    </section>
  );
}

const KEYS: Record<string, AnswerGiven | undefined> = {
  Enter: { answer: "yes" },
  Escape: { answer: "no" },
  "5": { answer: "later", delay_s: LATER_S },
};
