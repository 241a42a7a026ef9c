/** The page's texts: `t` gives a string, `<T>` the same with its emphasis as elements. */

import { Fragment, type ReactNode } from "react";
import { en } from "./en";
import { formFor, isolated, parse, plain, type Names, type Piece, type Value } from "./message";

export type Key = keyof typeof en;
type Wanted<K extends Key> = Names<(typeof en)[K]>;
type Values<K extends Key> = [Wanted<K>] extends [never] ? [] : [values: Record<Wanted<K>, Value>];

const parsed = new Map<string, Piece[]>();

function pieces(key: Key): Piece[] {
  const known = parsed.get(key);
  if (known) return known;
  const fresh = parse(en[key]);
  parsed.set(key, fresh);
  return fresh;
}

export function t<K extends Key>(key: K, ...[values]: Values<K>): string {
  return plain(pieces(key), (values ?? {}) as Record<string, Value>);
}

function render(list: Piece[], values: Record<string, Value>): ReactNode {
  return list.map((piece, index) => <Fragment key={index}>{one(piece, values)}</Fragment>);
}

function one(piece: Piece, values: Record<string, Value>): ReactNode {
  if (piece.kind === "text") return piece.text;
  if (piece.kind === "plural") return render(formFor(piece, values), values);
  if (piece.kind !== "tag") return isolated(values[piece.name] ?? "");
  const inside = render(piece.inside, values);
  if (piece.tag === "b") return <b>{inside}</b>;
  if (piece.tag === "code") return <code>{inside}</code>;
  return <span className="muted">{inside}</span>;
}

/** `<T of={["card.next", { in: "0:21", what }]} />` */
export function T<K extends Key>({ of: [key, ...rest] }: { of: [key: K, ...Values<K>] }): ReactNode {
  return render(pieces(key), (rest[0] ?? {}) as Record<string, Value>);
}

const AND = new Intl.ListFormat("en", { type: "conjunction" });

/** "raj", "raj and omar", "raj, kofi, and omar" in the reader's language. */
export const listed = (names: readonly string[]): string => AND.format(names.map(isolated));
