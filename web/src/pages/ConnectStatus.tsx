import { useState } from "react";
import type { Connection, DoctorLine, Problem } from "../api/names";
import { Refusal, request } from "../api/request";
import { T, t } from "../texts";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { Said } from "../ui/Said";
import { Trouble } from "../ui/Trouble";
import css from "./ConnectPage.module.css";

interface Props {
  connection: Connection | null;
  account: string | null;
  contacts: number;
}

/** Waiting for the first connection, just connected, or in trouble (what the doctor found). */
export function ConnectStatus({ connection, account, contacts }: Props) {
  const [lines, setLines] = useState<DoctorLine[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const where = connection ? `${connection.im_host}:${connection.im_port}` : "…";
  const check = async () => {
    setBusy(true);
    setProblem(null);
    try {
      setLines(await request<DoctorLine[]>("/doctor"));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      setProblem(error.problem);
    } finally {
      setBusy(false);
    }
  };
  const trouble = lines?.filter((line) => !line.ok) ?? [];
  return (
    <section className="card">
      <div className={`inner ${css.status}`}>
        <Icon of={account ? "pulse" : "now"} size="big" className={account ? "yes" : "ring"} />
        <div className="grow" role="status">
          <p className="strong">
            {account ? t("connect.just-now", { account, n: contacts }) : t("connect.waiting", { where })}
          </p>
          <p className="sm muted">
            {account ? t("connect.just-now-next") : <T of={["connect.notices"]} />}
          </p>
        </div>
        <Button disabled={busy} onClick={() => void check()}>
          {busy ? t("connect.checking") : t("connect.check")}
        </Button>
      </div>
      {problem && <Trouble problem={problem} />}
      {lines && (
        <ul className={css.result}>
          {trouble.length === 0 && (
            <li>
              <Icon of="check" className="yes" />
              {t("connect.all-well", { where })}
            </li>
          )}
          {trouble.map((line) => (
            <li key={line.name}>
              <Icon of="x" className="no" />
              <span>
                <b>{line.name}</b> <Said text={line.says} />{" "}
                {line.remedy && <span className="muted"><Said text={line.remedy} /></span>}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
