import { useEffect, useState } from "react";
import { t } from "../texts";
import { Button } from "./Button";
import css from "./Copy.module.css";
import { Icon } from "./Icon";

const SHOWN_MS = 2000;

/** Puts text into the clipboard and says so for two seconds. */
export function useCopy(): [copied: boolean, copy: (text: string) => void] {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = (text: string) => void navigator.clipboard?.writeText(text).then(() => setCopied(true));
  return [copied, copy];
}

/** A command to type elsewhere, with a button that copies it. */
export function Command({ text }: { text: string }) {
  const [copied, copy] = useCopy();
  return (
    <div className={css.command}>
      <code>{text}</code>
      <Button aria-label={t("copy.what", { what: text })} onClick={() => copy(text)}>
        <Icon of={copied ? "check" : "copy"} />
        {copied ? t("copied") : t("copy")}
      </Button>
    </div>
  );
}
