import { useEffect, useId, useMemo, useRef, useState, type FocusEvent } from "react";
import type { Activity, Kind, NewActivity } from "../api/names";
import { duration } from "../format/time";
import { useStore, useWorld } from "../live/hooks";
import { t } from "../texts";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { Trouble } from "../ui/Trouble";
import css from "./Composer.module.css";
import { ComposerMore } from "./ComposerMore";
import type { Known } from "./completion";
import { setDraft, takeFocus, useDraft } from "./draft";
import { KINDS } from "./KindChoice";
import { useCheck } from "./useCheck";
import { useSend } from "./useSend";
import { Verdict } from "./Verdict";
import { WhoField } from "./WhoField";

export interface Wish {
  about: string;
  kind: Kind;
  target: string;
  within: string;
  from: string | null;
}

const EMPTY: Wish = { about: "", kind: "chat", target: "", within: "", from: null };

function body(who: string, wish: Wish): NewActivity {
  const seconds = wish.within.trim() === "" ? null : duration(wish.within);
  return {
    who: who.trim(),
    kind: wish.kind,
    ...(wish.about.trim() && { about: wish.about.trim() }),
    ...(wish.kind === "review" && wish.target.trim() && { target: wish.target.trim() }),
    ...(seconds !== null && { within_s: seconds }),
    ...(wish.from && { from: wish.from }),
  };
}

/** "Who do you need?": one field at rest, opens on focus, says at once whether it could work. */
export function Composer() {
  const who = useDraft();
  const store = useStore();
  const world = useWorld();
  const [wish, setWish] = useState(EMPTY);
  const [focused, setFocused] = useState(false);
  const [asked, setAsked] = useState(0);
  const field = useRef<HTMLInputElement>(null);
  const refusedId = useId();
  const { busy, problem, send, forget } = useSend<Activity>();
  const known = useKnown();
  const accounts = useMemo(() => [...world.streams.values()].flatMap((s) => (s.state === "live" && s.account ? [s.account] : [])), [world.streams]);
  const from = accounts.length > 1 ? (wish.from ?? accounts[0] ?? null) : null;
  const check = useCheck(who, from, `${asked} ${fingerprint(world.people)}`);
  const open = focused || who.trim() !== "";
  const badTime = wish.within.trim() !== "" && duration(wish.within) === null;
  const refused = check.refused ?? null;

  useEffect(() => {
    if (takeFocus()) field.current?.focus();
  }, [who]);

  const change = (value: string) => {
    setDraft(value);
    forget();
  };
  const mend = (column: number, word: string) => {
    change(mended(who, column, word));
    field.current?.focus();
  };
  const submit = async () => {
    if (who.trim() === "" || badTime || refused || busy) return;
    const made = await send("/activities", body(who, { ...wish, from }));
    if (!made) return;
    store.told("activity", made);
    setDraft("");
    setWish(EMPTY);
  };
  const unknown = check.answer?.verdict === "unknown" ? unknownNames(check.answer.trace, world.people) : [];
  const askAgain = async () => {
    await send("/presence/ask", { who: unknown.map(([key]) => key).join(", "), ...(from && { from }) });
    setAsked(asked + 1);
  };
  const leave = (event: FocusEvent<HTMLElement>) => {
    if (!event.currentTarget.contains(event.relatedTarget)) setFocused(false);
  };

  return (
    <section
      className="card"
      aria-label={t("composer.label")}
      onFocus={() => setFocused(true)}
      onBlur={leave}
      onKeyDown={(event) => {
        if (event.key === "Enter" && !event.defaultPrevented && event.target instanceof HTMLInputElement) {
          void submit();
        }
        const kind = event.altKey ? KINDS[Number(event.key) - 1] : undefined;
        if (kind) {
          event.preventDefault();
          setWish({ ...wish, kind });
        }
      }}
    >
      <div className={open ? "inner stack-s" : css.rest}>
        {open && (
          <div className="row">
            <span className="grow strong">{t("composer.label")}</span>
            <span className="xs muted only-desk">
              {t("composer.hint")} <kbd className="key">/</kbd>
            </span>
          </div>
        )}
        <WhoField
          ref={field}
          labelled={t("composer.label")}
          value={who}
          known={known}
          badColumn={refused?.column ?? null}
          refused={refused !== null}
          describedBy={refused ? refusedId : undefined}
          onChange={change}
          onEnter={() => void submit()}
          onLeave={() => field.current?.blur()}
        />
        {refused && (
          <p id={refusedId} className={`sm ${css.refused}`}>
            <Icon of="x" />{" "}
            {refused.column ? t("composer.refused", { column: refused.column, detail: refused.detail }) : refused.detail}{" "}
            {refused.suggestion && refused.column ? (
              <Button look={["plain", "mini"]} onClick={() => mend(refused.column ?? 1, refused.suggestion ?? "")}>
                {t("composer.use", { word: refused.suggestion })}
              </Button>
            ) : (
              refused.remedy && <span className="muted">{refused.remedy}</span>
            )}
          </p>
        )}
        {open && <ComposerMore wish={{ ...wish, from }} accounts={accounts} badTime={badTime} onChange={setWish} />}
        {problem && <Trouble problem={problem} />}
      </div>
      {check.answer && (
        <Verdict
          answer={check.answer}
          old={check.old}
          sending={busy}
          unknown={unknown.map(([, name]) => name)}
          onAsk={() => void submit()}
          onAskAgain={() => void askAgain()}
        />
      )}
    </section>
  );
}

type People = ReturnType<typeof useWorld>["people"];

function useKnown(): Known {
  const { people, me } = useWorld();
  return useMemo(() => {
    // Nobody asks for oneself.
    const own = new Set(me?.accounts ?? []);
    const list = [...people.values()].filter(({ addresses }) => !addresses.some((address) => own.has(address)));
    return {
      people: list.map(({ person, name }) => ({ key: person, name })),
      groups: [...new Set(list.flatMap((person) => person.groups))].sort(),
    };
  }, [people, me]);
}

/** Changes whenever somebody's availability does, so that the verdict is asked for anew. */
const fingerprint = (people: People): string =>
  [...people.values()].map((person) => `${person.person}:${person.availability}`).join();

function unknownNames(trace: { text: string; says: string }[], people: People): [key: string, name: string][] {
  const keys = new Set(trace.filter((line) => line.says === "unknown").map((line) => line.text));
  return [...people.values()].filter((p) => keys.has(p.person) && p.availability === "unknown").map((p) => [p.person, p.name]);
}

/** The text with the refused word (at `column`, from 1) replaced. */
export function mended(text: string, column: number, word: string): string {
  const characters = [...text];
  const before = characters.slice(0, column - 1).join("");
  const after = characters.slice(column - 1).join("").replace(/^[^\s(),+]+/, "");
  return `${before}${word}${after}`;
}
