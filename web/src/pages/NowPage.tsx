import { useRef } from "react";
import type { Activity } from "../api/names";
import { at, isToday } from "../format/time";
import { useNow, useStore, useUpToDate, useWorld } from "../live/hooks";
import { isOver, others, overOnes, peopleInOrder, streamsInOrder, underWay } from "../live/lists";
import { ActivityCard } from "../parts/ActivityCard";
import { Asks } from "../parts/Asks";
import { Composer } from "../parts/Composer";
import { pick } from "../parts/draft";
import { PersonRow } from "../parts/PersonRow";
import { StreamRow } from "../parts/StreamRow";
import { T, t } from "../texts";
import list from "../ui/List.module.css";
import { Trouble } from "../ui/Trouble";
import { ConnectPage } from "./ConnectPage";
import { Link } from "./Link";
import { Shell } from "./Shell";
import { useTitle } from "./title";

/** As many people as fit beside the activities; the others are under People. */
const PEOPLE_SHOWN = 7;

/** Ask for you, composer, under way, people, streams. Before the first stream: how to connect. */
export function NowPage() {
  const world = useWorld();
  useTitle(t("now.title"));
  const started = world.streams.size > 0 || world.activities.size > 0;
  if (world.loaded.has("streams") && world.loaded.has("activities") && !started && !world.errors.streams) {
    return <ConnectPage first />;
  }
  return (
    <Shell current="now" two>
      <h1 className="vh">{t("now.title")}</h1>
      <div className="stack">
        <Asks />
        <Composer />
        <UnderWay />
      </div>
      <aside className="stack">
        <People />
        <Streams />
      </aside>
    </Shell>
  );
}

/** Cards keep their order while the pointer or the focus is among them. */
function useCalm(sorted: Activity[]): [Activity[], { onPointerEnter(): void; onPointerLeave(): void }] {
  const order = useRef<string[]>([]);
  const pointed = useRef(false);
  const inUse = pointed.current || document.activeElement?.closest("[data-card]") != null;
  if (!inUse) order.current = sorted.map((activity) => activity.id);
  const rank = (activity: Activity) => {
    const place = order.current.indexOf(activity.id);
    return place === -1 ? -1 : place;
  };
  return [
    [...sorted].sort((a, b) => rank(a) - rank(b)),
    { onPointerEnter: () => (pointed.current = true), onPointerLeave: () => (pointed.current = false) },
  ];
}

function UnderWay() {
  const { activities, loaded, errors } = useWorld();
  const store = useStore();
  const now = useNow();
  const [cards, pointer] = useCalm(underWay(activities));
  const today = overOnes(activities).filter((activity) => isToday(at(activity.ended_at ?? activity.created), now));
  const count = (state: Activity["state"]) => cards.filter((activity) => activity.state === state).length;
  const tally = (["ringing", "live", "waiting"] as const)
    .filter((state) => count(state) > 0)
    .map((state) => t(`now.${state}`, { n: count(state) }));
  return (
    <>
      <div className="head">
        <h2>{t("now.under-way")}</h2>
        <span className="xs muted">{tally.join(" · ")}</span>
      </div>
      {errors.activities && <Trouble problem={errors.activities} again={() => void store.fetch("activities")} />}
      {cards.length > 0 && (
        <div className="stack" {...pointer}>
          {cards.map((activity) => (
            <ActivityCard key={activity.id} activity={activity} now={now} />
          ))}
        </div>
      )}
      {cards.length === 0 && loaded.has("activities") && !errors.activities && (
        <div className="card">
          <div className="inner">
            <p className="strong">{t("now.empty")}</p>
            <p className="sm muted">
              <T of={["now.empty-next"]} />
            </p>
          </div>
        </div>
      )}
      {today.some(isOver) && (
        <details>
          <summary className="sm muted">{t("now.ended-today", { n: today.length })}</summary>
          <div className="stack">
            <span />
            {today.map((activity) => (
              <ActivityCard key={activity.id} activity={activity} now={now} />
            ))}
          </div>
        </details>
      )}
    </>
  );
}

function People() {
  const { people: known, me, loaded, errors } = useWorld();
  const store = useStore();
  const now = useNow();
  const upToDate = useUpToDate();
  const people = others(known, me);
  const shown = peopleInOrder(people).slice(0, PEOPLE_SHOWN);
  return (
    <section className="stack-s" aria-labelledby="people">
      <div className="head">
        <h2 id="people">{t("people.title")}</h2>
        {people.length > 0 && (
          <Link to="/people" className="xs">
            {t("people.all", { n: people.length })}
          </Link>
        )}
      </div>
      <div className="card">
        {errors.people && <Trouble problem={errors.people} again={() => void store.fetch("people")} />}
        <ul className={list.list}>
          {shown.map((person) => (
            <PersonRow
              key={person.person}
              person={person}
              accounts={me?.accounts ?? []}
              now={now}
              upToDate={upToDate}
              onPick={() => pick(person.person)}
            />
          ))}
        </ul>
        {people.length === 0 && loaded.has("people") && !errors.people && (
          <p className="inner sm muted">
            {t("people.empty")} <Link to="/streams">{t("people.connect")}</Link>
          </p>
        )}
      </div>
    </section>
  );
}

function Streams() {
  const { streams, loaded, errors } = useWorld();
  const store = useStore();
  const now = useNow();
  const shown = streamsInOrder(streams).filter((stream) => stream.state !== "ended");
  return (
    <section className="stack-s" aria-labelledby="streams">
      <div className="head">
        <h2 id="streams">{t("streams.title")}</h2>
        <Link to="/streams" className="xs">
          {t("streams.connect")}
        </Link>
      </div>
      <div className="card">
        {errors.streams && <Trouble problem={errors.streams} again={() => void store.fetch("streams")} />}
        <ul className={list.list}>
          {shown.map((stream) => (
            <StreamRow key={stream.id} stream={stream} now={now} />
          ))}
        </ul>
        {shown.length === 0 && loaded.has("streams") && !errors.streams && <p className="inner sm muted">{t("streams.none")}</p>}
      </div>
    </section>
  );
}
