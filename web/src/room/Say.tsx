import { useState, type KeyboardEvent } from "react";
import { t } from "../texts";
import { looks } from "../ui/Button";
import { Icon } from "../ui/Icon";
import css from "./Room.module.css";
import { useLink } from "./useRoom";

/** What the server takes in one line of chat. */
const MAX_CHARACTERS = 4000;

/** Enter sends, Shift Enter begins a new line. */
export function Say() {
  const link = useLink();
  const [text, setText] = useState("");
  const over = [...text].length - MAX_CHARACTERS;
  const send = () => {
    if (text.trim() === "" || over > 0) return;
    link.say(text.trim());
    setText("");
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <form
      className={css.say}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {over > 0 && (
        <p className="sm no" role="status">
          {t("room.too-long", { n: over })}
        </p>
      )}
      <textarea
        rows={1}
        aria-label={t("room.message")}
        placeholder={t("room.message")}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={keys}
      />
      <button type="submit" className={looks("primary")} aria-label={t("room.send")}>
        <Icon of="send" />
        <span className="only-desk">{t("room.send")}</span>
      </button>
    </form>
  );
}
