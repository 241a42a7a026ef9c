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

/** The requirement as one line of text, coloured by a drawing behind the field, with suggestions. */
export function WhoField({ ref, labelled, value, known, badColumn, refused, describedBy, ...on }: Props) {
  const [open, setOpen] = useState(false);
  const highlighted = useRef<Suggestion | undefined>(undefined);
  const items = suggestions(value, known);
  const shown = open && items.length > 0;

  const keys = (event: KeyboardEvent<HTMLInputElement>) => {
    const first = highlighted.current ?? items[0];
    if (event.key === "Tab" && !event.shiftKey && shown && first) {
      event.preventDefault();
      on.onChange(first.value);
    } else if (event.key === "Enter" && !(shown && highlighted.current)) {
      event.preventDefault();
      setOpen(false);
      on.onEnter();
    } else if (event.key === "Escape" && !shown) {
      event.preventDefault();
      on.onLeave();
    }
  };

  return (
    <Autocomplete.Root
      items={items}
      mode="none"
      value={value}
      open={shown}
      onOpenChange={setOpen}
      onValueChange={on.onChange}
      itemToStringValue={(item: Suggestion) => item.value}
      onItemHighlighted={(item) => (highlighted.current = item)}
    >
      <div className={`${css.field} ${refused ? css.bad : ""}`}>
        <div className={css.who}>
          <Mirror value={value} badColumn={badColumn} />
          <Autocomplete.Input
            ref={ref}
            aria-label={labelled}
            aria-invalid={refused || undefined}
            aria-describedby={describedBy}
            placeholder={labelled}
            spellCheck={false}
            autoCapitalize="none"
            onKeyDown={keys}
          />
        </div>
      </div>
      <Autocomplete.Portal>
        <Autocomplete.Positioner align="start" sideOffset={6}>
          <Autocomplete.Popup className={css.list}>
            <Autocomplete.List aria-label={t("composer.suggestions")}>
              {(item: Suggestion) => (
                <Autocomplete.Item key={item.label} value={item} className={css.item}>
                  <span className="mono">{item.label}</span>
                  {item.note && <span className="muted xs">{item.note}</span>}
                </Autocomplete.Item>
              )}
            </Autocomplete.List>
          </Autocomplete.Popup>
        </Autocomplete.Positioner>
      </Autocomplete.Portal>
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
