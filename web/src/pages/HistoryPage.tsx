import { useNow, useStore, useWorld } from "../live/hooks";
import { overOnes } from "../live/lists";
import { ActivityCard } from "../parts/ActivityCard";
import { t } from "../texts";
import { Trouble } from "../ui/Trouble";
import { Shell } from "./Shell";
import { useTitle } from "./title";

/** What is over, newest first, each with its reason. */
export function HistoryPage() {
  const { activities, loaded, errors } = useWorld();
  const store = useStore();
  const now = useNow();
  useTitle(t("history.title"));
  const over = overOnes(activities);
  return (
    <Shell current="history">
      <h1>{t("history.title")}</h1>
      {errors.activities && <Trouble problem={errors.activities} again={() => void store.fetch("activities")} />}
      {over.length > 0 && <h2 className="vh">{t("history.ended")}</h2>}
      {over.map((activity) => (
        <ActivityCard key={activity.id} activity={activity} now={now} />
      ))}
      {over.length === 0 && loaded.has("activities") && <p className="muted">{t("history.empty")}</p>}
    </Shell>
  );
}
