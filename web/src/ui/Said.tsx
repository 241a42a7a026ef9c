import { Fragment } from "react";

/** A sentence of the server's, in which commands and files stand between backquotes. */
export function Said({ text }: { text: string }) {
  return text
    .split("`")
    .map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : <Fragment key={index}>{part}</Fragment>));
}
