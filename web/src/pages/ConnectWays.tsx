import type { ReactNode } from "react";
import type { Connection } from "../api/names";
import { T, t } from "../texts";
import { Command } from "../ui/Copy";
import { Icon } from "../ui/Icon";
import type { Sign } from "../ui/Sprite";
import css from "./ConnectPage.module.css";

/** How to connect a client, in three steps; address, port and path come from the server. */
export function ConnectWays({ connection }: { connection: Connection | null }) {
  return (
    <div className={css.ways}>
      <Way id="setting" sign="plug" title={t("connect.setting")}>
        <p className="sm muted">{t("connect.setting-how")}</p>
        <dl className={css.values}>
          <dt>{t("connect.host")}</dt>
          <dd>{connection?.im_host ?? "…"}</dd>
          <dt>{t("connect.port")}</dt>
          <dd>{connection?.im_port ?? "…"}</dd>
          {connection && connection.routes.length > 0 && (
            <>
              <dt>{t("connect.routes")}</dt>
              <dd>{connection.routes.join(", ")}</dd>
            </>
          )}
        </dl>
      </Way>
      <Way id="trust" sign="check" title={t("connect.trust")}>
        <p className="sm muted">{t("connect.trust-how")}</p>
        <Command text="quorate ca --install" />
        <p className="sm muted">{t("connect.trust-note")}</p>
        <Command text={connection?.ca_path ?? "…"} />
      </Way>
      <Way id="login" sign="play" title={t("connect.login")}>
        <p className="sm muted">
          <T of={["connect.login-how"]} />
        </p>
        <Command text={'meet any of @dba about "disk full"'} />
      </Way>
    </div>
  );
}

function Way({ id, sign, title, children }: { id: string; sign: Sign; title: string; children: ReactNode }) {
  return (
    <section className={`card ${css.way}`} aria-labelledby={`way-${id}`}>
      <div className="row">
        <span className={css.round}>
          <Icon of={sign} />
        </span>
        <h2 id={`way-${id}`}>{title}</h2>
      </div>
      {children}
    </section>
  );
}
