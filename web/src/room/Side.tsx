import type { RoomView } from "../api/names";
import { initials } from "../format/name";
import { t } from "../texts";
import css from "./Room.module.css";

/** Who is here and, for the organiser only, who does not come. */
export function Side({ view }: { view: RoomView }) {
  return (
    <aside className={css.side} aria-label={t("room.who")}>
      <Who view={view} />
    </aside>
  );
}

export function Who({ view }: { view: RoomView }) {
  return (
    <>
      <section>
        <h2>
          {t(view.here.length > view.need ? "room.here-more" : "room.here-needed", { here: view.here.length, need: view.need })}
        </h2>
        <ul className={css.people}>
          {view.here.map((person) => (
            <li key={person.name}>
              <span className={css.face} aria-hidden="true">
                {initials(person.name)}
              </span>
              <span className="grow">
                <b>{person.name}</b>{" "}
                <span className="muted xs">{[person.you && t("room.you"), person.role].filter(Boolean).join(", ")}</span>
              </span>
            </li>
          ))}
        </ul>
      </section>
      {view.is_organiser && view.not_coming.length > 0 && (
        <section className="stack-s">
          <h2>{t("room.not-coming")}</h2>
          {view.not_coming.map((line) => (
            <p key={line} className="sm muted">
              {line}
            </p>
          ))}
          <p className="xs muted">{t("room.only-you")}</p>
        </section>
      )}
    </>
  );
}
