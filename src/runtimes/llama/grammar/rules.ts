import { invalidArgument } from '../../../core/index.js';

const MAX_RULES = 5_000;

/** Rules of JSON. Whitespace is bounded, or a model could go on with it for ever. */
const COMMON: Readonly<Record<string, string>> = {
  ws: '| " " | "\\n" [ \\t]{0,20}',
  boolean: '("true" | "false")',
  null: '"null"',
  // Up to 15 digits, so that every program reads it exactly, and bounds at ±(2^53 − 1) are kept to.
  integer: '"-"? ([0] | [1-9] [0-9]{0,14})',
  number: '"-"? ([0] | [1-9] [0-9]{0,15}) ("." [0-9]{1,16})? ([eE] [-+]? [0-9]{1,2})?',
  // What has a code point of Unicode, and two surrogates as one: lengths count code points.
  char: '[\\x20-\\x21\\x23-\\x5B\\x5D-\\x7E\\x80-\\uD7FF\\uE000-\\U0010FFFF] | [\\\\] (["\\\\bfnrt] | "u" escape)',
  escape: '[0-9a-cA-CefEF] hex{3} | [dD] ([0-7] hex{2} | [89abAB] hex{2} "\\\\u" [dD] [c-fC-F] hex{2})',
  hex: '[0-9a-fA-F]',
  string: '"\\"" char* "\\""',
  value: 'object | array | string | number | boolean | null',
  object: '"{" ws (member (ws "," ws member)*)? ws "}"',
  member: 'string ws ":" ws value',
  array: '"[" ws (value (ws "," ws value)*)? ws "]"',
};

/** The rules of a grammar of llama.cpp (GBNF) while it is made. Those of JSON are there: `value`, `object`, `string`, `ws` … */
export class GrammarRules {
  readonly #rules = new Map<string, string>(Object.entries(COMMON));
  /** Names by what their rules say. */
  readonly #shared = new Map<string, string>();
  #names = 0;

  /** So many more rules may be made. */
  get left(): number {
    return MAX_RULES - this.#names;
  }

  /** A name for what a rule says. Throws `invalid_argument` where the grammar would be too large. */
  add(body: string): string {
    if (/^[\w-]+$/.test(body)) return body;
    const name = this.newName();
    this.#rules.set(name, body);
    return name;
  }

  /** The same name each time for what a rule says. Throws as {@link add} does. */
  share(body: string): string {
    const name = this.#shared.get(body) ?? this.add(body);
    this.#shared.set(body, name);
    return name;
  }

  /** A name that is to be defined. Throws as {@link add} does. */
  newName(): string {
    if (this.#names >= MAX_RULES) {
      throw invalidArgument(`the schema is too large: its grammar has more than ${MAX_RULES} rules`);
    }
    return `r${this.#names++}`;
  }

  set(name: string, body: string): void {
    this.#rules.set(name, body);
  }

  /** The grammar for texts that `root` allows. */
  print(root: string): string {
    return [...this.#rules, ['root', root]].map(([name, body]) => `${name} ::= ${body}\n`).join('');
  }
}

/** Just that text. */
export function literal(text: string): string {
  // llama.cpp does not know the JSON escapes \b and \f.
  const codes: Readonly<Record<string, string>> = { '\\b': '\\u0008', '\\f': '\\u000c' };
  return JSON.stringify(text).replaceAll(/\\[\\bf]/g, (letter) => codes[letter] ?? letter);
}

/** The JSON of a value, as it is written without whitespace. */
export function jsonLiteral(value: unknown): string {
  return literal(JSON.stringify(value));
}

/** One of these texts; what several begin with is written once, since llama.cpp follows each alternative that may still come. */
export function anyLiteral(texts: readonly string[]): string {
  return alternatives(
    [...new Set(texts)].map((text) => [...text]),
    0,
  );
}

/** Of texts as lists of characters, from a place on. */
function alternatives(texts: readonly (readonly string[])[], from: number): string {
  const groups = new Map<string | undefined, (readonly string[])[]>();
  for (const text of texts) {
    const group = groups.get(text[from]);
    if (group === undefined) groups.set(text[from], [text]);
    else group.push(text);
  }
  const branches = [...groups.values()].map((group) => {
    const [first = []] = group;
    if (group.length === 1) return literal(first.slice(from).join(''));
    const differ = first.findIndex(
      (character, index) => index > from && group.some((text) => text[index] !== character),
    );
    const to = differ < 0 ? first.length : differ;
    return `${literal(first.slice(from, to).join(''))} (${alternatives(group, to)})`;
  });
  return branches.join(' | ');
}

/** The text of a rule that is a literal; undefined = it says more. */
export function literalOf(rule: string): string | undefined {
  return /^"(?:[^"\\]|\\.)*"$/.test(rule) ? JSON.parse(rule) : undefined;
}
