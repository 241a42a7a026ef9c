import css from "./Icon.module.css";
import type { Sign } from "./Sprite";

interface Props {
  of: Sign;
  size?: "text" | "middle" | "big";
  className?: string | undefined;
}

/** A sign without words; whatever it says is said in words beside it. */
export function Icon({ of, size = "text", className }: Props) {
  const classes = [css.icon, size === "text" ? "" : css[size], className].filter(Boolean).join(" ");
  return (
    <svg className={classes} aria-hidden="true">
      <use href={`#sign-${of}`} />
    </svg>
  );
}
