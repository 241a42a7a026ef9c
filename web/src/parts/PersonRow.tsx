import { useId, useState } from "react";
import type { Availability, PersonVerdict } from "../api/names";
import { bare } from "../format/name";
import { age, at, moment } from "../format/time";
import { useStore } from "../live/hooks";
import type { Known } from "../live/world";
import { t } from "../texts";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import css from "../ui/List.module.css";
import { AVAILABILITY_TONE } from "../ui/tones";
import { Trouble } from "../ui/Trouble";
import { EvidenceTable } from "./EvidenceTable";
import { sourceLine } from "./source";
import { useSend } from "./useSend";

interface Props {
  person: Known;
  accounts: readonly string[];
  now: number;
  /** False while the feed is dead: nothing is known then. */
  upToDate: boolean;
  onPick: (person: Known) => void;
}

/** A person with availability, source and age; opens into all the evidence. */
export function PersonRow({ person, accounts, now, upToDate, onPick }: Props) {
  const [open, setOpen] = useState(false);
  const detail = useId();
  const availability: Availability = upToDate ? person.availability : "unknown";
  return (
    <li>
      <button
        type="button"
        className={`${css.row} ${css.button}`}
        aria-expanded={open}
        aria-controls={open ? detail : undefined}
        onClick={() => setOpen(!open)}
      >
        <span className={`${css.sign} ${AVAILABILITY_TONE[availability]}`}>
          <Icon of={availability} size="middle" />
        </span>
        <span className={css.who}>
          <bdi>{person.name}</bdi>
          {person.groups[0] && <small>@{person.groups[0]}</small>}
        </span>
        <span className={css.state}>
          {t(`availability.${availability}`)} <span className="muted">{upToDate && since(person, now)}</span>
        </span>
        <span className={css.source}>{sourceLine(person, accounts, now, open ? 1 : 5)}</span>
      </button>
      {open && <Detail id={detail} person={person} now={now} onPick={onPick} />}
    </li>
  );
}

function since(person: Known, now: number): string {
  if (person.until) return t("until", { time: moment(at(person.until), now) });
  if (!person.since || person.availability === "unknown") return "";
  return age((now - at(person.since)) / 1000);
}

function Detail({ id, person, now, onPick }: Pick<Props, "person" | "now" | "onPick"> & { id: string }) {
  const store = useStore();
  const { busy, problem, send } = useSend<PersonVerdict[]>();
  const ask = async () => {
    const verdicts = await send("/presence/ask", { who: person.person });
    for (const verdict of verdicts ?? []) store.told("person", verdict);
  };
  return (
    <div id={id} className={`${css.open} stack-s`}>
      {person.trace.length > 0 && (
        <EvidenceTable
          caption={t("evidence.caption", { name: person.name })}
          trace={person.trace}
          since={Math.max(0, now - person.heard) / 1000}
        />
      )}
      {person.groups.length > 0 && (
        <p className="xs muted">{t("people.groups", { groups: person.groups.map((g) => `@${g}`).join(", ") })}</p>
      )}
      <p className="xs muted">{t("people.addresses", { addresses: person.addresses.map(bare).join(", ") })}</p>
      {problem && <Trouble problem={problem} />}
      <div className="row">
        <Button disabled={busy} onClick={() => void ask()}>
          {busy ? t("people.asking") : t("people.ask-again", { name: person.name })}
        </Button>
        <Button look={["plain"]} onClick={() => onPick(person)}>
          {t("people.need", { name: person.name })}
        </Button>
      </div>
    </div>
  );
}
