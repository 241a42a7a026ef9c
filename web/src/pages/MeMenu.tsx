import { Menu } from "@base-ui/react/menu";
import { useRef } from "react";
import type { Me, MeStatement } from "../api/names";
import { at, moment } from "../format/time";
import { useNow, useStore, useUpToDate, useWorld } from "../live/hooks";
import { setSetting, useSetting, type Setting } from "../live/settings";
import { useSend } from "../parts/useSend";
import { t } from "../texts";
import { looks } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { AVAILABILITY_TONE } from "../ui/tones";
import { showKeys } from "./KeysHelp";
import css from "./Shell.module.css";

const HOUR_MS = 3_600_000;

/** The owner's own availability, and the switches of this page. */
export function MeMenu() {
  const { me } = useWorld();
  const upToDate = useUpToDate();
  const store = useStore();
  const now = useNow();
  const { busy, send } = useSend<Me>();
  const availability = upToDate && me ? me.availability : "unknown";
  const say = async (statement: MeStatement) => {
    const told = await send("/me", statement);
    if (told) store.told("me", told);
  };
  const until = me?.until && availability === "busy" ? moment(at(me.until), now) : null;
  const label = until ? t("me.busy-until", { time: until }) : t(`me.${availability}`);
  const place = useRef<HTMLSpanElement>(null);
  return (
    <span ref={place}>
      <Menu.Root modal={false}>
        <Menu.Trigger className={looks()} disabled={busy} aria-label={label}>
          <Icon of={availability} className={AVAILABILITY_TONE[availability]} />
          <span className="only-desk">{label}</span>
        </Menu.Trigger>
        <Menu.Portal container={place}>
          <Menu.Positioner className={css.float} align="end" sideOffset={6}>
            <Menu.Popup className={css.menu}>
              <Say sign="available" text={t("me.set.available")} onSay={() => say({ state: "available" })} />
              <Say
                sign="busy"
                text={t("me.set.busy-hour")}
                onSay={() => say({ state: "busy", until: new Date(now + HOUR_MS).toISOString() })}
              />
              <Say sign="busy" text={t("me.set.busy")} onSay={() => say({ state: "busy" })} />
              <Say sign="away" text={t("me.set.away")} onSay={() => say({ state: "away" })} />
              <div className={css.line} />
              <Menu.Group>
                <Menu.GroupLabel className={css.label}>{t("me.settings")}</Menu.GroupLabel>
                <Switch which="keys" text={t("me.keys")} />
                <Switch which="notify" text={t("me.notify")} />
                <Switch which="sound" text={t("me.sound")} />
                <Menu.Item className={css.item} onClick={showKeys}>
                  {t("me.all-keys")}
                </Menu.Item>
              </Menu.Group>
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
    </span>
  );
}

function Say({ sign, text, onSay }: { sign: "available" | "busy" | "away"; text: string; onSay: () => Promise<void> }) {
  return (
    <Menu.Item className={css.item} onClick={() => void onSay()}>
      <Icon of={sign} className={AVAILABILITY_TONE[sign]} />
      {text}
    </Menu.Item>
  );
}

async function change(which: Setting, on: boolean) {
  if (which === "notify" && on && "Notification" in window) {
    const allowed = await Notification.requestPermission();
    if (allowed !== "granted") return;
  }
  setSetting(which, on);
}

function Switch({ which, text }: { which: Setting; text: string }) {
  const on = useSetting(which);
  return (
    <Menu.CheckboxItem
      className={css.item}
      checked={on}
      onCheckedChange={(next) => void change(which, next)}
      closeOnClick={false}
    >
      <span className={css.box}>{on && <Icon of="check" />}</span>
      {text}
    </Menu.CheckboxItem>
  );
}
