import type { ComponentPropsWithRef, MouseEvent } from "react";
import { go } from "./router";

interface Props extends Omit<ComponentPropsWithRef<"a">, "href"> {
  to: string;
}

/** A link inside the page: moves without loading, and stays a link for every other click. */
export function Link({ to, onClick, ...rest }: Props) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    go(to);
  };
  return <a {...rest} href={to} onClick={follow} />;
}
