/**
 * A small part of ICU MessageFormat: `{name}`, `{n, plural, one {# place} other {# places}}`, and the
 * tags `<b>`, `<code>`, `<q>` (quiet). Values are put in after parsing, so nothing in them is markup.
 */

export type Value = string | number;

export type Piece =
  | { kind: "text"; text: string }
  | { kind: "value"; name: string }
  | { kind: "count"; name: string }
  | { kind: "plural"; name: string; forms: Record<string, Piece[]> }
  | { kind: "tag"; tag: Tag; inside: Piece[] };

export type Tag = "b" | "code" | "q";

type Name<Inside extends string> = Inside extends `${infer Head}{${infer Deep}`
  ? Name<Head> | Name<Deep>
  : Inside extends `${infer N},${string}`
    ? Plain<N>
    : Plain<Inside>;
type Plain<N extends string> = N extends `${string} ${string}` | `#${string}` | "" ? never : N;

/** The names a message wants, read from its text by the type checker. */
export type Names<Text extends string> = Text extends `${string}{${infer Inside}}${infer Rest}`
  ? Name<Inside> | Names<Rest>
  : never;

const TAGS: readonly string[] = ["b", "code", "q"] satisfies Tag[];

class Reader {
  at = 0;
  constructor(readonly text: string) {}

  /** Reads pieces until `stop` (not consumed) or the end; `plural` names the number that `#` stands for. */
  pieces(stop: string, plural: string | null): Piece[] {
    const found: Piece[] = [];
    while (this.at < this.text.length && !this.text.startsWith(stop || "\0", this.at)) {
      found.push(this.piece(plural));
    }
    return found;
  }

  private piece(plural: string | null): Piece {
    const here = this.text[this.at];
    if (here === "{") return this.argument();
    if (here === "#" && plural !== null) {
      this.at += 1;
      return { kind: "count", name: plural };
    }
    const tag = /^<(\w+)>/.exec(this.text.slice(this.at))?.[1];
    if (tag !== undefined && TAGS.includes(tag)) return this.tagged(tag as Tag, plural);
    return this.plain(plural);
  }

  private plain(plural: string | null): Piece {
    const ends = plural === null ? /[{<]/g : /[{<#}]/g;
    ends.lastIndex = this.at + 1;
    const end = ends.exec(this.text)?.index ?? this.text.length;
    const text = this.text.slice(this.at, end);
    this.at = end;
    return { kind: "text", text };
  }

  private tagged(tag: Tag, plural: string | null): Piece {
    this.at += tag.length + 2;
    const inside = this.pieces(`</${tag}>`, plural);
    this.at += tag.length + 3;
    return { kind: "tag", tag, inside };
  }

  private argument(): Piece {
    const head = /^\{(\w+)(, plural,)?/.exec(this.text.slice(this.at));
    if (!head?.[1]) throw new Error(`bad message at ${this.at}: ${this.text}`);
    this.at += head[0].length;
    if (!head[2]) {
      this.at += 1;
      return { kind: "value", name: head[1] };
    }
    const forms: Record<string, Piece[]> = {};
    for (;;) {
      const form = /^\s*(=?\w+) \{/.exec(this.text.slice(this.at));
      if (!form?.[1]) break;
      this.at += form[0].length;
      forms[form[1]] = this.pieces("}", head[1]);
      this.at += 1;
    }
    this.at += 1;
    return { kind: "plural", name: head[1], forms };
  }
}

/** @throws Error if the text is not a message; a test reads the whole catalogue. */
export function parse(text: string): Piece[] {
  return new Reader(text).pieces("", null);
}

const RIGHT_TO_LEFT = /[\u0590-\u08ff\u200f\u202a-\u202e\ufb1d-\ufdff\ufe70-\ufefc]/;

/** A value that runs from right to left, kept from turning round what stands beside it (UAX #9, FSI and PDI). */
export function isolated(value: Value): string {
  const text = String(value);
  return RIGHT_TO_LEFT.test(text) ? `\u2068${text}\u2069` : text;
}

const RULES = new Intl.PluralRules("en");

/** The pieces of the form that fits the number. */
export function formFor(piece: Extract<Piece, { kind: "plural" }>, values: Record<string, Value>): Piece[] {
  const count = Number(values[piece.name]);
  return piece.forms[`=${count}`] ?? piece.forms[RULES.select(count)] ?? piece.forms.other ?? [];
}

/** The message as plain text, tags left out. */
export function plain(pieces: Piece[], values: Record<string, Value>): string {
  return pieces
    .map((piece) => {
      if (piece.kind === "text") return piece.text;
      if (piece.kind === "tag") return plain(piece.inside, values);
      if (piece.kind === "plural") return plain(formFor(piece, values), values);
      return isolated(values[piece.name] ?? "");
    })
    .join("");
}
