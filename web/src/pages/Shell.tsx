import type { ReactNode } from "react";
import { useWorld } from "../live/hooks";
import { t } from "../texts";
import { Icon } from "../ui/Icon";
import { Sprite, type Sign } from "../ui/Sprite";
import { FeedStrip } from "./FeedStrip";
import { KeysHelp } from "./KeysHelp";
import { Link } from "./Link";
import { MeMenu } from "./MeMenu";
import css from "./Shell.module.css";

const PAGES: { path: string; name: "now" | "people" | "streams" | "history"; sign: Sign }[] = [
  { path: "/", name: "now", sign: "now" },
  { path: "/people", name: "people", sign: "people" },
  { path: "/streams", name: "streams", sign: "plug" },
  { path: "/history", name: "history", sign: "clock" },
];

interface Props {
  current: string;
  two?: boolean;
  children: ReactNode;
}

/** The frame of every page: bar, connection strip, content, tab bar on the phone. */
export function Shell({ current, two = false, children }: Props) {
  const { feed, loaded } = useWorld();
  const shut = feed.state === "locked" && loaded.size === 0;
  const links = (icons: boolean) =>
    PAGES.map(({ path, name, sign }) => (
      <Link key={name} to={path} aria-current={name === current ? "page" : undefined}>
        {icons && <Icon of={sign} />}
        {t(`nav.${name}`)}
      </Link>
    ));
  return (
    <>
      <a className="skip" href="#main">
        {t("app.skip")}
      </a>
      <Sprite />
      <header className={css.top}>
        <div className={css.bar}>
          <Link className={css.brand} to="/">
            <Icon of="logo" size="big" />
            {t("app.name")}
          </Link>
          <nav className={css.nav} aria-label={t("nav.main")}>
            {links(false)}
          </nav>
          <span className="grow" />
          <FeedState />
          <MeMenu />
        </div>
      </header>
      <FeedStrip />
      <main id="main" className={`${css.page} ${two ? css.two : ""}`}>
        {shut ? <h1 className="vh">{t("app.name")}</h1> : children}
      </main>
      <nav className={css.tabbar} aria-label={t("nav.main")}>
        {links(true)}
      </nav>
      <KeysHelp />
    </>
  );
}

function FeedState() {
  const { feed } = useWorld();
  const live = feed.state === "live";
  const text = live ? "link.ok" : feed.state === "connecting" ? "link.connecting" : "link.lost";
  return (
    <span className={css.feed}>
      <Icon of={live ? "pulse" : "snow"} className={live ? "yes" : "ring"} />
      {t(text)}
    </span>
  );
}
