/** The tab's title: who asks now, else what is ringing or live, else the page's name. */

import { useEffect } from "react";
import { at, countdown } from "../format/time";
import { useNow, useWorld } from "../live/hooks";
import { underWay } from "../live/lists";
import type { World } from "../live/world";
import { t } from "../texts";

export function titleOf(world: World, page: string, now: number): string {
  const asks = [...world.asks.values()].filter((ask) => ask.state === "asked");
  const first = asks[0];
  if (first) return `(${asks.length}) ${t("ask.title", { name: first.organiser_name })}`;
  const top = underWay(world.activities)[0];
  const about = top?.about ?? top?.who;
  if (top?.state === "ringing" && top.next?.at) return `${countdown((at(top.next.at) - now) / 1000)} ${about}`;
  if (top?.state === "live") return `${t("state.live")}: ${about}`;
  return t("app.title", { page });
}

export function useTitle(page: string): void {
  const title = titleOf(useWorld(), page, useNow());
  useEffect(() => {
    document.title = title;
  }, [title]);
}
