import { Dialog } from "@base-ui/react/dialog";
import { useEffect, useState } from "react";
import { t, type Key } from "../texts";
import { looks } from "../ui/Button";
import css from "./Shell.module.css";

const SHOW = "quorate:keys";

export const showKeys = (): void => void window.dispatchEvent(new Event(SHOW));

type PlainKey = Extract<Key, `keys.${string}`>;

const KEYS: [heading: PlainKey, rows: [keys: string[], what: PlainKey][]][] = [
  [
    "keys.anywhere",
    [
      [["/"], "keys.k.composer"],
      [["g", "n p s h"], "keys.k.pages"],
      [["j", "k"], "keys.k.next"],
      [["Enter"], "keys.k.open"],
      [["w"], "keys.k.why"],
      [["x"], "keys.k.cancel"],
      [["F6"], "keys.k.alert"],
      [["?"], "keys.k.list"],
    ],
  ],
  [
    "keys.composer",
    [
      [["↑", "↓"], "keys.k.suggest"],
      [["Tab"], "keys.k.take"],
      [["Enter"], "keys.k.send"],
      [["Esc"], "keys.k.leave"],
      [["Alt", "1…5"], "keys.k.kind"],
    ],
  ],
  [
    "keys.ask",
    [
      [["Enter"], "keys.k.yes"],
      [["Esc"], "keys.k.no"],
      [["5"], "keys.k.later"],
    ],
  ],
];

/** The list of keys, on `?`. */
export function KeysHelp() {
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const show = () => setOpen(true);
    window.addEventListener(SHOW, show);
    return () => window.removeEventListener(SHOW, show);
  }, []);
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Portal>
        <Dialog.Backdrop className={css.backdrop} />
        <Dialog.Popup className={css.popup}>
          <Dialog.Title>{t("keys.title")}</Dialog.Title>
          {KEYS.map(([heading, rows]) => (
            <section key={heading} className="stack-s">
              <h3 className="sm">{t(heading)}</h3>
              <dl className={css.keys}>
                {rows.map(([keys, what]) => (
                  <Row key={what} keys={keys} what={what} />
                ))}
              </dl>
            </section>
          ))}
          <Dialog.Close className={looks()}>{t("keys.close")}</Dialog.Close>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Row({ keys, what }: { keys: string[]; what: PlainKey }) {
  return (
    <>
      <dt>
        {keys.map((key) => (
          <kbd key={key} className="key">
            {key}
          </kbd>
        ))}
      </dt>
      <dd>{t(what)}</dd>
    </>
  );
}
