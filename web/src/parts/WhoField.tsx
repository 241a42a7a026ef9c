import { Autocomplete } from "@base-ui/react/autocomplete";
import { useRef, useState, type KeyboardEvent, type Ref } from "react";
import { t } from "../texts";
import css from "./Composer.module.css";
import { suggestions, tokens, type Known, type Suggestion } from "./completion";

interface Props {
  ref: Ref<HTMLInputElement>;
  labelled: string;
  value: string;
  known: Known;
  /** Column (from 1) of what was refused. */
  badColumn: number | null;
  refused: boolean;
  describedBy: string | undefined;
  onChange: (value: string) => void;
  onEnter: () => void;
  onLeave: () => void;
}

/** The requirement as one line of text, coloured by a drawing behind the field, with suggestions below it. */
export function WhoField({ ref, labelled, value, known, badColumn, refused, describedBy, ...on }: Props) {
  const [open, setOpen] = useState(false);
  const highlighted = useRef<Suggestion | undefined>(undefined);
  const items = suggestions(value, known);
  const shown = open && items.length > 0;

  const take = (item: Suggestion) => {
    highlighted.current = undefined;
    setOpen(false);
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
      setOpen(false);
      if (chosen) take(chosen);
      else on.onEnter();
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      if (shown) setOpen(false);
      else on.onLeave();
    } else if (event.key === "ArrowDown" && !shown) {
      setOpen(true);
    }
  };

  return (
    <Autocomplete.Root
      items={shown ? items : []}
      mode="none"
      value={value}
      inline
      open={shown}
      onOpenChange={setOpen}
      onValueChange={(next) => {
        setOpen(true);
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
              onBlur={() => setOpen(false)}
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
