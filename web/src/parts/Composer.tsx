import { useEffect, useId, useMemo, useRef, useState, type FocusEvent, type KeyboardEvent } from "react";
import type { Activity, Kind, NewActivity, Problem, Stream } from "../api/names";
import { duration } from "../format/time";
import { useStore, useWorld } from "../live/hooks";
import { others } from "../live/lists";
import { t } from "../texts";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { Trouble } from "../ui/Trouble";
import css from "./Composer.module.css";
import { ComposerMore } from "./ComposerMore";
import { isUnfinished, suggestions, type Known } from "./completion";
import { setDraft, takeFocus, useDraft } from "./draft";
import { hereZone } from "./Times";
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
  /** A time to begin, hours and others instead, as one types them to the companion. */
  at: string;
  hours: string;
  instead: string;
  from: string | null;
}

const EMPTY: Wish = { about: "", kind: "chat", target: "", within: "", at: "", hours: "", instead: "", from: null };

function body(who: string, wish: Wish): NewActivity {
  const seconds = wish.within.trim() === "" ? null : duration(wish.within);
  return {
    who: who.trim(),
    kind: wish.kind,
    ...(wish.about.trim() && { about: wish.about.trim() }),
    ...(wish.kind === "review" && wish.target.trim() && { target: wish.target.trim() }),
    ...(seconds !== null && { within_s: seconds }),
    ...timesBody(wish),
    ...(wish.from && { from: wish.from }),
  };
}

/** The times are meant where this page is read. */
function timesBody({ at, hours, instead }: Wish): Partial<NewActivity> {
  return {
    ...(at.trim() && { at: at.trim() }),
    ...(hours.trim() && { window: windowTyped(hours.trim()) }),
    ...((at.trim() || hours.trim()) && { zone: hereZone() }),
    ...(instead.trim() && { else: [{ who: instead.trim() }] }),
  };
}

/** "weekdays between 18:00 and 20:30" and "18:00 to 20:30" as they are typed in full. */
const windowTyped = (hours: string): string => {
  if (/^(on|between)\b/i.test(hours)) return hours;
  return /^\d/.test(hours) ? `between ${hours}` : `on ${hours}`;
};

/** What is written, what would come of it, and what can be done about it. */
function useComposer() {
  const who = useDraft();
  const store = useStore();
  const { streams, people } = useWorld();
  const [wish, setWish] = useState(EMPTY);
  const [asked, setAsked] = useState(0);
  const field = useRef<HTMLInputElement>(null);
  const { busy, problem, send, forget } = useSend<Activity>();
  const accounts = useMemo(() => liveAccounts(streams), [streams]);
  const from = accounts.length > 1 ? (wish.from ?? accounts[0] ?? null) : null;
  const check = useCheck(who, from, `${asked} ${fingerprint(people)}`);
  const badTime = wish.within.trim() !== "" && duration(wish.within) === null;
  const unknown = check.answer?.verdict === "unknown" ? unknownNames(check.answer.trace, people) : [];

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
    if (who.trim() === "" || badTime || check.refused || busy) return;
    const made = await send("/activities", body(who, { ...wish, from }));
    if (!made) return;
    store.told("activity", made);
    setDraft("");
    setWish(EMPTY);
  };
  const askAgain = async () => {
    await send("/presence/ask", { who: unknown.map(([key]) => key).join(", "), ...(from && { from }) });
    setAsked(asked + 1);
  };
  return { who, wish: { ...wish, from }, setWish, field, busy, problem, accounts, check, badTime, unknown, change, mend, submit, askAgain };
}

/** "Who do you need?": one field at rest, opens on focus, says at once whether it could work. */
export function Composer() {
  const composer = useComposer();
  const { who, wish, setWish, field, check } = composer;
  const [focused, setFocused] = useState(false);
  const [suggesting, setSuggesting] = useState(false);
  const refusedId = useId();
  const items = suggestions(who, useKnown());
  const choosing = suggesting && items.length > 0;
  const refused = choosing && isUnfinished(who, check.refused?.column ?? null) ? null : check.refused;
  const open = focused || who.trim() !== "";
  const leave = (event: FocusEvent<HTMLElement>) => {
    if (!event.currentTarget.contains(event.relatedTarget)) setFocused(false);
  };
  const keys = (event: KeyboardEvent<HTMLElement>) => {
    const enter = event.key === "Enter" && !event.defaultPrevented;
    if (enter && event.target instanceof HTMLInputElement) void composer.submit();
    const kind = event.altKey ? KINDS[Number(event.key) - 1] : undefined;
    if (!kind) return;
    event.preventDefault();
    setWish({ ...wish, kind });
  };
  return (
    <section
      className="card"
      aria-label={t("composer.label")}
      onFocus={() => setFocused(true)}
      onBlur={leave}
      onKeyDown={keys}
    >
      <div className={open ? "inner stack-s" : css.rest}>
        {open && <Hint />}
        <WhoField
          ref={field}
          labelled={t("composer.label")}
          value={who}
          items={items}
          open={suggesting}
          badColumn={refused?.column ?? null}
          refused={refused !== null}
          describedBy={refused ? refusedId : undefined}
          onOpen={setSuggesting}
          onChange={composer.change}
          onEnter={() => void composer.submit()}
          onLeave={() => field.current?.blur()}
        />
        {refused && <Refused id={refusedId} problem={refused} onMend={composer.mend} />}
        {open && <ComposerMore wish={wish} accounts={composer.accounts} badTime={composer.badTime} onChange={setWish} />}
        {composer.problem && <Trouble problem={composer.problem} />}
      </div>
      {check.answer && (
        <Verdict
          answer={check.answer}
          old={check.old}
          sending={composer.busy}
          unknown={composer.unknown.map(([, name]) => name)}
          onAsk={() => void composer.submit()}
          onAskAgain={() => void composer.askAgain()}
        />
      )}
    </section>
  );
}

function Hint() {
  return (
    <div className="row">
      <span className="grow strong">{t("composer.label")}</span>
      <span className="xs muted only-desk">
        {t("composer.hint")} <kbd className="key">/</kbd>
      </span>
    </div>
  );
}

interface RefusedProps {
  id: string;
  problem: Problem;
  onMend: (column: number, word: string) => void;
}

/** What is wrong with the requirement, where, and the word to put there instead. */
function Refused({ id, problem, onMend }: RefusedProps) {
  const { column, suggestion, detail, remedy } = problem;
  return (
    <p id={id} className={`sm ${css.refused}`}>
      <Icon of="x" /> {detail}{" "}
      {suggestion && column ? (
        <Button look={["plain", "mini"]} onClick={() => onMend(column, suggestion)}>
          {t("composer.use", { word: suggestion })}
        </Button>
      ) : (
        remedy && <span className="muted">{remedy}</span>
      )}
    </p>
  );
}

const liveAccounts = (streams: ReadonlyMap<string, Stream>): string[] =>
  [...streams.values()].flatMap((stream) => (stream.state === "live" && stream.account ? [stream.account] : []));

type People = ReturnType<typeof useWorld>["people"];

function useKnown(): Known {
  const { people, me } = useWorld();
  return useMemo(() => {
    const list = others(people, me);
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
