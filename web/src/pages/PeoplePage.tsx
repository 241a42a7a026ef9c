import { useState } from "react";
import { useNow, useStore, useUpToDate, useWorld } from "../live/hooks";
import { others, peopleInOrder } from "../live/lists";
import type { Known } from "../live/world";
import composer from "../parts/Composer.module.css";
import { pick } from "../parts/draft";
import { PersonRow } from "../parts/PersonRow";
import { t } from "../texts";
import list from "../ui/List.module.css";
import { Trouble } from "../ui/Trouble";
import { Link } from "./Link";
import { go } from "./router";
import { Shell } from "./Shell";
import { useTitle } from "./title";

function fits(person: Known, wanted: string): boolean {
  const text = wanted.trim().toLowerCase();
  const names = [person.person, person.name, ...person.addresses, ...person.groups.map((group) => `@${group}`)];
  return names.some((name) => name.toLowerCase().includes(text));
}

/** Everybody Quorate knows, with source and age. */
export function PeoplePage() {
  const { people: known, me, loaded, errors } = useWorld();
  const store = useStore();
  const now = useNow();
  const upToDate = useUpToDate();
  const [wanted, setWanted] = useState("");
  useTitle(t("people.title"));
  const people = others(known, me);
  const shown = peopleInOrder(people).filter((person) => fits(person, wanted));
  const ask = (person: Known) => {
    pick(person.person);
    go("/");
  };
  return (
    <Shell current="people">
      <h1>{t("people.title")}</h1>
      {errors.people && <Trouble problem={errors.people} again={() => void store.fetch("people")} />}
      {people.length > 0 && (
        <label className={composer.field}>
          <span className="vh">{t("people.filter")}</span>
          <input placeholder={t("people.filter")} value={wanted} onChange={(event) => setWanted(event.target.value)} />
        </label>
      )}
      <div className="card">
        <ul className={list.list}>
          {shown.map((person) => (
            <PersonRow
              key={person.person}
              person={person}
              accounts={me?.accounts ?? []}
              now={now}
              upToDate={upToDate}
              onPick={ask}
            />
          ))}
        </ul>
        {shown.length === 0 && loaded.has("people") && (
          <p className="inner sm muted">
            {people.length > 0 ? t("people.none-found", { text: wanted.trim() }) : t("people.empty")}{" "}
            {people.length === 0 && <Link to="/streams">{t("people.connect")}</Link>}
          </p>
        )}
      </div>
    </Shell>
  );
}
