import { useEffect, useRef, useState } from "react";
import { t } from "../texts";
import { chime } from "../ui/chime";
import { Sprite } from "../ui/Sprite";
import { GuestFrame } from "./GuestFrame";
import { Late } from "./Late";
import { OpenRoom } from "./OpenRoom";
import { Dead, Over } from "./Over";
import { RoomLink } from "./link";
import { RoomContext, useRoom } from "./useRoom";
import { Waiting } from "./Waiting";

/** Everything behind a personal link. */
export function RoomPage({ token }: { token: string }) {
  const [link] = useState(() => new RoomLink(token));
  useEffect(() => {
    void link.open();
    const seen = () => {
      if (document.visibilityState === "visible") link.hurry();
    };
    document.addEventListener("visibilitychange", seen);
    return () => {
      document.removeEventListener("visibilitychange", seen);
      link.close();
    };
  }, [link]);
  return (
    <RoomContext value={link}>
      <a className="skip" href="#main">
        {t("app.skip")}
      </a>
      <Sprite />
      <Shown />
    </RoomContext>
  );
}

function Shown() {
  const { view, dead, lost } = useRoom();
  const [sound, setSound] = useState(false);
  const before = useRef(view?.state);
  useEffect(() => {
    if (sound && before.current === "waiting" && view?.state === "open") chime();
    before.current = view?.state;
  }, [view?.state, sound]);
  if (dead) return <Dead />;
  if (!view) return <GuestFrame view={null} title={lost ? t("error.network") : t("room.loading")}>{null}</GuestFrame>;
  switch (view.state) {
    case "waiting":
      return <Waiting view={view} sound={sound} onSound={setSound} />;
    case "open":
      return <OpenRoom view={view} />;
    case "late":
      return <Late view={view} />;
    default:
      return <Over view={view} />;
  }
}
