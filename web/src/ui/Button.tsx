import type { ComponentPropsWithRef } from "react";
import css from "./Button.module.css";

export type Look = "primary" | "plain" | "danger" | "big" | "square" | "mini";

/** The classes of a button, for links that look like one. */
export const looks = (...list: Look[]): string => [css.button, ...list.map((look) => css[look])].join(" ");

interface Props extends ComponentPropsWithRef<"button"> {
  look?: Look[];
}

export function Button({ look = [], className = "", ...rest }: Props) {
  return <button type="button" {...rest} className={`${looks(...look)} ${className}`.trim()} />;
}

/** A button inside a sentence. */
export function TextButton({ className = "", ...rest }: ComponentPropsWithRef<"button">) {
  return <button type="button" {...rest} className={`${css.text} ${className}`.trim()} />;
}
