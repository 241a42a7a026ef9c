import { Autocomplete } from "@base-ui/react/autocomplete";
import { useRef, type KeyboardEvent, type Ref } from "react";
import { t } from "../texts";
import css from "./Composer.module.css";
import { tokens, type Suggestion } from "./completion";

interface Props {
  ref: Ref<HTMLInputElement>;
  labelled: string;
  value: string;
  /** Suggestions for the last word … */
  items: Suggestion[];
  /** … and whether they are to be seen, if there are any. */
  open: boolean;
  /** Column (from 1) of what was refused. */
  badColumn: number | null;
  refused: boolean;
  describedBy: string | undefined;
  onOpen: (open: boolean) => void;
  onChange: (value: string) => void;
  onEnter: () => void;
  onLeave: () => void;
}

/** The requirement as one line of text, coloured by a drawing behind the field, with suggestions below it. */
export function WhoField({ ref, labelled, value, items, open, badColumn, refused, describedBy, ...on }: Props) {
  const highlighted = useRef<Suggestion | undefined>(undefined);
  const shown = open && items.length > 0;

  const take = (item: Suggestion) => {
    highlighted.current = undefined;
    on.onOpen(false);
    on.onChange(item.value);
  };
  const keys = (event: KeyboardEvent<HTMLInputElement>) => {
    const chosen = shown ? highlighted.current : undefined;
    const first = chosen ?? items[0];
    if (event.key === "Tab" && !event.shiftKey && shown && first) {
      event.preventDefault();
      take(first);
    } else if (event.key === "Enter") {
      event.preventDefault();
      on.onOpen(false);
      if (chosen) take(chosen);
      else on.onEnter();
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      if (shown) on.onOpen(false);
      else on.onLeave();
    } else if (event.key === "ArrowDown" && !shown) {
      on.onOpen(true);
    }
  };

  return (
    <Autocomplete.Root
      items={shown ? items : []}
      mode="none"
      value={value}
      inline
      open={shown}
      onOpenChange={on.onOpen}
      onValueChange={(next) => {
        on.onOpen(true);
        on.onChange(next);
      }}
      itemToStringValue={(item: Suggestion) => item.value}
      onItemHighlighted={(item) => (highlighted.current = item)}
    >
      <div>
        <div className={`${css.field} ${refused ? css.bad : ""}`}>
          <div className={css.who}>
            <Mirror value={value} badColumn={badColumn} />
            <Autocomplete.Input
              ref={ref}
              aria-label={labelled}
              aria-expanded={shown}
              aria-invalid={refused || undefined}
              aria-describedby={describedBy}
              placeholder={labelled}
              spellCheck={false}
              autoCapitalize="none"
              onKeyDown={keys}
              onBlur={() => on.onOpen(false)}
            />
          </div>
        </div>
        <div className={css.under} hidden={!shown}>
          <Autocomplete.List className={css.list} aria-label={t("composer.suggestions")}>
            {(item: Suggestion) => (
              <Autocomplete.Item
                key={item.label}
                value={item}
                className={css.item}
                onMouseDown={(event) => event.preventDefault()}
                onClick={() => take(item)}
              >
                <span className="mono">{item.label}</span>
                {item.note && <span className="muted xs">{item.note}</span>}
              </Autocomplete.Item>
            )}
          </Autocomplete.List>
        </div>
      </div>
    </Autocomplete.Root>
  );
}

function Mirror({ value, badColumn }: Pick<Props, "value" | "badColumn">) {
  return (
    <span className={css.mirror} aria-hidden="true">
      <span>
        {tokens(value, badColumn).map((token, index) => (
          <span key={index} className={css[`token_${token.kind}`]}>
            {token.text}
          </span>
        ))}
      </span>
    </span>
  );
}
