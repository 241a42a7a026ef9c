import { useCallback, useEffect, useState } from "react";
import type { Attached, ImClient, Problem } from "../api/names";
import { post, Refusal, request } from "../api/request";
import { useWorld } from "../live/hooks";
import { T, t } from "../texts";
import { Button } from "../ui/Button";
import { Command } from "../ui/Copy";
import { Icon } from "../ui/Icon";
import list from "../ui/List.module.css";
import { Said } from "../ui/Said";
import { Trouble } from "../ui/Trouble";
import css from "./ConnectPage.module.css";

const MODES = {
  listener: "clients.mode-listener",
  attach: "clients.mode-attach",
  redirect: "clients.mode-redirect",
  transparent: "clients.mode-transparent",
} as const;

/** The clients of this computer: how each is captured, or what to type; one click where that is enough. */
export function ConnectClients() {
  const [clients, look] = useClients();
  if (clients.length === 0) return null;
  return (
    <section className="stack-s" aria-labelledby="clients">
      <h2 id="clients">{t("clients.title")}</h2>
      <p className="sm muted measure">
        <T of={["clients.lead"]} />
      </p>
      <ul className={`${list.list} card`}>
        {clients.map((client) => (
          <ClientRow key={client.pid ?? client.name} client={client} attached={look} />
        ))}
      </ul>
    </section>
  );
}

function ClientRow({ client, attached }: { client: ImClient; attached: () => void }) {
  const [busy, problem, attach] = useAttach(client, attached);
  const captured = client.mode !== null;
  return (
    <li className={css.client}>
      <span className={`${list.sign} ${captured ? "yes" : "muted"}`}>
        <Icon of={captured ? "pulse" : "plug"} size="middle" />
      </span>
      <span className={list.who}>
        {client.title} {client.pid !== null && <small>{t("clients.process", { pid: client.pid })}</small>}
      </span>
      <span className={list.state}>{stateOf(client)}</span>
      <span className={css.about}>
        {!captured && <Said text={client.why} />} {client.tls && <span>{t("clients.tls", { tls: client.tls })}</span>}
      </span>
      {client.command && (
        <div className={css.todo}>
          <Command text={client.command} />
          {client.one_click && (
            <Button look={["primary"]} disabled={busy} onClick={attach}>
              {t(busy ? "clients.attaching" : "clients.attach", { client: client.title })}
            </Button>
          )}
        </div>
      )}
      {problem && (
        <div className={css.todo}>
          <Trouble problem={problem} />
        </div>
      )}
    </li>
  );
}

function stateOf(client: ImClient): string {
  if (client.mode !== null) return client.mode in MODES ? t(MODES[client.mode as keyof typeof MODES]) : client.mode;
  return t(client.pid === null ? "clients.installed" : "clients.not-captured");
}

/** Looked for when the page opens, and whenever a stream comes or goes. */
function useClients(): [ImClient[], () => void] {
  const [clients, setClients] = useState<ImClient[]>([]);
  const { feed, streams } = useWorld();
  // A failure leaves the list as it is: the ways below serve every client.
  const look = useCallback(() => void request<ImClient[]>("/clients").then(setClients, () => undefined), []);
  const known = [...streams.values()].map(({ id, state }) => `${id} ${state}`).join();
  useEffect(look, [look, feed.state, known]);
  return [clients, look];
}

function useAttach(client: ImClient, attached: () => void): [boolean, Problem | null, () => void] {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const attach = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await post<Attached>(`/clients/${client.pid}/attach`);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      setProblem(error.problem);
    } finally {
      setBusy(false);
    }
    attached();
  };
  return [busy, problem, () => void attach()];
}
