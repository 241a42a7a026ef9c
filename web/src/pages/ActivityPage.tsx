import { useEffect, useState } from "react";
import type { Activity, Explanation, Problem } from "../api/names";
import { Refusal, request } from "../api/request";
import { at, countdown, exact, moment, span } from "../format/time";
import { useNow, useStore, useWorld } from "../live/hooks";
import { isOver } from "../live/lists";
import { CardFoot } from "../parts/CardFoot";
import { KindTag } from "../parts/KindTag";
import { NextLine } from "../parts/NextLine";
import { Picture } from "../parts/Picture";
import { StateLabel } from "../parts/StateLabel";
import { barOf, TimeBar } from "../parts/TimeBar";
import { Times } from "../parts/Times";
import { TimeLine } from "../parts/TimeLine";
import { WhyTree } from "../parts/WhyTree";
import { t } from "../texts";
import { looks, TextButton } from "../ui/Button";
import { useCopy } from "../ui/Copy";
import { Icon } from "../ui/Icon";
import { Trouble } from "../ui/Trouble";
import css from "./ActivityPage.module.css";
import { Link } from "./Link";
import { Shell } from "./Shell";
import { useTitle } from "./title";

/** One activity: who is in, what happened, and why. */
export function ActivityPage({ id }: { id: string }) {
  const { activities, loaded } = useWorld();
  const activity = activities.get(id);
  useTitle(activity?.about ?? id);
  return (
    <Shell current="now">
      {activity ? <Known activity={activity} /> : loaded.has("activities") && <Unknown id={id} />}
    </Shell>
  );
}

function Unknown({ id }: { id: string }) {
  const store = useStore();
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    // The list holds recent ones only; an older one may still be there by itself.
    request<Activity>(`/activities/${encodeURIComponent(id)}`).then(
      (found) => store.told("activity", found),
      (error: unknown) => setProblem(error instanceof Refusal ? error.problem : null),
    );
  }, [id, store]);
  return (
    <div className="stack-s">
      <h1>{t("activity.unknown", { id })}</h1>
      {problem && <p className="muted">{problem.remedy ?? t("activity.unknown-next")}</p>}
      <p>
        <Link to="/history">{t("nav.history")}</Link>
      </p>
    </div>
  );
}

function Known({ activity }: { activity: Activity }) {
  const now = useNow();
  const [asking, setAsking] = useState(false);
  const over = isOver(activity);
  return (
    <>
      <div className="stack-s">
        <div className="row">
          <Link to="/" className={looks("square")} aria-label={t("activity.back")}>
            <Icon of="back" />
          </Link>
          <h1>{activity.about ?? activity.who}</h1>
          <StateLabel state={activity.state} />
          <KindTag kind={activity.kind} className="only-desk" />
          <span className="tag mono only-desk">{activity.id}</span>
        </div>
        <p className="muted">
          <code>{activity.who}</code> {when(activity, now)}
        </p>
      </div>
      <section className="card" aria-label={t("picture.in")}>
        <div className={`inner row ${css.who}`}>
          <Picture activity={activity} now={now} />
          <div className={`sm ${css.note}`}>
            {over ? activity.reason_text && <p>{activity.reason_text}</p> : <NextLine activity={activity} now={now} />}
            {activity.state === "live" && <p className="muted">{t("card.live-note")}</p>}
          </div>
        </div>
        {(activity.state === "waiting" || activity.state === "ringing") && (
          <div className="inner stack-s">
            <Times activity={activity} now={now} />
            <TimeBar {...barOf(activity)} now={now} />
          </div>
        )}
        <CardFoot activity={activity} asking={asking} onAsked={setAsking} why={false} />
      </section>
      <Why activity={activity} />
    </>
  );
}

function when(activity: Activity, now: number): string {
  const created = at(activity.created);
  if (activity.state === "live" && activity.live_at) {
    const live = at(activity.live_at);
    return t("activity.live-after", { after: exact((live - created) / 1000), ago: countdown((now - live) / 1000) });
  }
  if (activity.ended_at) return t("activity.ended-at", { time: moment(at(activity.ended_at), now) });
  return t("activity.asked-ago", { ago: span((now - created) / 1000) });
}

function Why({ activity }: { activity: Activity }) {
  const [explanation, setExplanation] = useState<Explanation | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [again, setAgain] = useState(0);
  const [copied, copy] = useCopy();
  const { clock } = useStore();
  const [heard, setHeard] = useState(0);
  const now = useNow();

  useEffect(() => {
    const control = new AbortController();
    request<Explanation>(`/activities/${activity.id}/explain`, { signal: control.signal }).then(
      (found) => {
        setExplanation(found);
        setHeard(clock.now());
        setProblem(null);
      },
      (error: unknown) => {
        if (error instanceof Refusal) setProblem(error.problem);
      },
    );
    return () => control.abort();
  }, [activity, again, clock]);

  if (problem && !explanation) return <Trouble problem={problem} again={() => setAgain(again + 1)} />;
  if (!explanation) return null;
  const since = isOver(activity) ? 0 : Math.max(0, now - heard) / 1000;
  return (
    <div className={css.halves}>
      <section className="stack-s" aria-labelledby="happened">
        <div className="head">
          <h2 id="happened">{t("activity.happened")}</h2>
          <span className="xs muted">{t("activity.local-time")}</span>
        </div>
        <div className="card inner">
          <TimeLine log={explanation.log} />
        </div>
      </section>
      <section className="stack-s" aria-labelledby="why">
        <div className="head">
          <h2 id="why">{t("activity.why")}</h2>
          <TextButton className="xs" onClick={() => copy(explanation.lines.join("\n"))}>
            {copied ? t("activity.copied") : t("activity.copy")}
          </TextButton>
        </div>
        <div className="card inner">
          <WhyTree root={explanation.why} since={since} />
        </div>
      </section>
    </div>
  );
}
