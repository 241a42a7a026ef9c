import { t } from "../texts";
import css from "./Picture.module.css";
import { Place, type PlaceView } from "./Place";

/** From this many places on, only the first SHOWN are drawn. */
const MANY = 8;
const SHOWN = 6;

export interface ClauseView {
  heading: string;
  tally: string;
  optional: boolean;
  places: PlaceView[];
}

/** A clause of the requirement in its own words, with its places. */
export function Clause({ clause }: { clause: ClauseView }) {
  const { heading, tally, optional, places } = clause;
  const shown = places.length > MANY ? places.slice(0, SHOWN) : places;
  const hidden = places.length - shown.length;
  return (
    <div className={`${css.clause} ${optional ? css.optional : ""}`}>
      <p className={css.heading}>
        <b>{heading}</b>
        <span>{optional ? `${t("picture.optional")} · ${tally}` : tally}</span>
      </p>
      <ul className={css.places}>
        {shown.map((place) => (
          <Place key={place.key} place={place} />
        ))}
        {hidden > 0 && (
          <li className={css.more}>
            <span aria-hidden="true">{t("picture.more", { n: hidden })}</span>
            <span className="vh">{t("picture.more-places", { n: hidden })}</span>
          </li>
        )}
      </ul>
    </div>
  );
}
