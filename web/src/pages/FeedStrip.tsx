import { useEffect, useState } from "react";
import { clockSeconds, countdown } from "../format/time";
import { useWorld } from "../live/hooks";
import { T, t } from "../texts";
import { Icon } from "../ui/Icon";
import css from "./Shell.module.css";

/** Says that the page is not up to date, since when, and when it tries again. */
export function FeedStrip() {
  const { feed } = useWorld();
  return (
    <div role="status">
      {feed.state === "lost" && <Lost since={feed.since} retryAt={feed.retryAt} />}
      {feed.state === "locked" && (
        <div className={css.strip}>
          <div className={css.notice}>
            <Icon of="snow" size="big" />
            <p>
              <T of={["session.over"]} />
            </p>
          </div>
        </div>
      )}
    </div>
  );
}

function Lost({ since, retryAt }: { since: number; retryAt: number }) {
  const [, beat] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => beat((n) => n + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  const wait = Math.ceil((retryAt - Date.now()) / 1000);
  return (
    <div className={css.strip}>
      <div className={css.notice}>
        <Icon of="snow" size="big" />
        <div>
          <p>
            <b>{t("link.since", { time: clockSeconds(since) })}</b>{" "}
            <span aria-hidden="true">
              {wait > 0 ? t("link.again", { in: wait < 60 ? `${wait} s` : countdown(wait) }) : t("link.trying")}
            </span>
          </p>
          <p className="sm">{t("link.meanwhile")}</p>
        </div>
      </div>
    </div>
  );
}
