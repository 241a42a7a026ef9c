import { useEffect, useState } from "react";
import type { Connection } from "../api/names";
import { request } from "../api/request";
import { bare } from "../format/name";
import { useNow, useStore, useWorld } from "../live/hooks";
import { streamsInOrder } from "../live/lists";
import { StreamRow } from "../parts/StreamRow";
import { T, t } from "../texts";
import list from "../ui/List.module.css";
import { Trouble } from "../ui/Trouble";
import { ConnectClients } from "./ConnectClients";
import { ConnectStatus } from "./ConnectStatus";
import { ConnectWays } from "./ConnectWays";
import { Shell } from "./Shell";
import { useTitle } from "./title";

/** Streams and how to connect one; before the first stream it stands in the place of Now. */
export function ConnectPage({ first = false }: { first?: boolean }) {
  const { streams, errors } = useWorld();
  const store = useStore();
  const now = useNow();
  const connection = useConnection();
  useTitle(t("streams.title"));
  const all = streamsInOrder(streams);
  const live = all.find((stream) => stream.state === "live") ?? null;
  return (
    <Shell current={first ? "now" : "streams"}>
      {all.length > 0 && (
        <section className="stack-s" aria-labelledby="all">
          <h1 id="all">{t("streams.title")}</h1>
          <ul className={`${list.list} card`}>
            {all.map((stream) => (
              <StreamRow key={stream.id} stream={stream} now={now} />
            ))}
          </ul>
        </section>
      )}
      {errors.streams && <Trouble problem={errors.streams} again={() => void store.fetch("streams")} />}
      <div className="stack-s measure">
        {all.length > 0 ? <h2>{t("connect.title")}</h2> : <h1>{t("connect.title")}</h1>}
        <p className="muted">
          <T of={["connect.lead"]} />
        </p>
      </div>
      <ConnectClients />
      <ConnectWays connection={connection} />
      <p className="only-phone sm muted">{t("connect.on-computer")}</p>
      <ConnectStatus
        connection={connection}
        account={live?.account ? bare(live.account) : null}
        contacts={live?.contacts ?? 0}
      />
      <section className="stack-s measure">
        <h2>{t("connect.messages")}</h2>
        <p className="sm muted">
          <T of={["connect.messages-text"]} />
        </p>
      </section>
    </Shell>
  );
}

function useConnection(): Connection | null {
  const [connection, setConnection] = useState<Connection | null>(null);
  const { feed } = useWorld();
  useEffect(() => {
    // A failure shows in the strip and as an error of the other parts; the panel then stays general.
    request<Connection>("/connection").then(setConnection, () => undefined);
  }, [feed.state]);
  return connection;
}
