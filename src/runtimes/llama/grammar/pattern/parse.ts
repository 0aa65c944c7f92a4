/** What a part of a pattern matches. */
export type Node =
  | { readonly kind: 'set'; readonly set: CharacterSet }
  | { readonly kind: 'begin' | 'end' }
  | { readonly kind: 'sequence' | 'choice'; readonly nodes: readonly Node[] }
  /** Of what follows, up to the end of the text. */
  | { readonly kind: 'ahead'; readonly node: Node; readonly isNegated: boolean }
  | { readonly kind: 'repeat'; readonly node: Node; readonly least: number; readonly most: number };

/** Code points, from and to, both included. */
export type Range = readonly [from: number, to: number];

export interface CharacterSet {
  readonly ranges: readonly Range[];
  /** All but these. */
  readonly isNegated: boolean;
}

const DIGITS: readonly Range[] = [[0x30, 0x39]];
const WORDS: readonly Range[] = [...DIGITS, [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]];
const LINE_ENDS: readonly Range[] = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
];
const SPACES: readonly Range[] = [
  [0x09, 0x0d],
  ...[0x20, 0xa0, 0x1680, 0x202f, 0x205f, 0x3000, 0xfeff].map((space): Range => [space, space]),
  [0x2000, 0x200a],
  [0x2028, 0x2029],
];
const LAST = 0x10ffff;
const CLASSES: Readonly<Record<string, readonly Range[]>> = { d: DIGITS, w: WORDS, s: SPACES };
const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, 0: 0 };
const MAX_COUNT = 1_000;
/** Groups inside groups. */
const MAX_DEPTH = 100;

/**
 * Reads a regular expression of ECMAScript (flag `u`). Any punctuation may be escaped, as in other languages. Throws for one that is wrong, and
 * for look-behind, back references, `\b` and `\p`.
 */
export function parsePattern(source: string): Node {
  return new PatternParser(source).parse();
}

class PatternParser {
  readonly #characters: readonly string[];
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#characters = Array.from(source);
  }

  parse(): Node {
    const node = this.#choice();
    if (this.#at < this.#characters.length) throw this.#unsupported();
    return node;
  }

  #choice(): Node {
    const nodes = [this.#sequence()];
    while (this.#takes('|')) nodes.push(this.#sequence());
    return { kind: 'choice', nodes };
  }

  #sequence(): Node {
    const nodes: Node[] = [];
    while (this.#at < this.#characters.length && !this.#sees('|') && !this.#sees(')')) nodes.push(this.#term());
    return { kind: 'sequence', nodes };
  }

  #term(): Node {
    if (this.#takes('^')) return { kind: 'begin' };
    if (this.#takes('$')) return { kind: 'end' };
    const node = this.#atom();
    if (node.kind === 'ahead') return node;
    const count = this.#count();
    if (count === undefined) return node;
    // Lazy or not, the same texts match.
    this.#takes('?');
    return { kind: 'repeat', node, ...count };
  }

  #count(): { readonly least: number; readonly most: number } | undefined {
    if (this.#takes('*')) return { least: 0, most: Number.POSITIVE_INFINITY };
    if (this.#takes('+')) return { least: 1, most: Number.POSITIVE_INFINITY };
    if (this.#takes('?')) return { least: 0, most: 1 };
    if (!this.#takes('{')) return undefined;
    const least = this.#number();
    const most = this.#takes(',') ? (this.#sees('}') ? Number.POSITIVE_INFINITY : this.#number()) : least;
    if (!this.#takes('}') || most < least) throw this.#unsupported();
    return { least, most };
  }

  #number(): number {
    let digits = '';
    while (/^\d$/.test(this.#next)) digits += this.#take();
    if (digits === '' || Number(digits) > MAX_COUNT) throw this.#unsupported();
    return Number(digits);
  }

  #atom(): Node {
    if (this.#takes('(')) return this.#group();
    if (this.#takes('[')) return { kind: 'set', set: this.#class() };
    if (this.#takes('.')) return { kind: 'set', set: { ranges: LINE_ENDS, isNegated: true } };
    if (this.#takes('\\')) return { kind: 'set', set: { ranges: this.#escape(), isNegated: false } };
    if (/^[*+?{}\])|]$/.test(this.#next)) throw this.#unsupported();
    return { kind: 'set', set: { ranges: single(this.#take()), isNegated: false } };
  }

  #group(): Node {
    if (++this.#depth > MAX_DEPTH) throw this.#unsupported();
    const isAhead = this.#takes('?') ? this.#groupKind() : undefined;
    const node = this.#choice();
    if (!this.#takes(')')) throw this.#unsupported();
    this.#depth--;
    return isAhead === undefined ? node : { kind: 'ahead', node, isNegated: !isAhead };
  }

  /** Whether what follows has to match, or must not; undefined = it is a group as others. */
  #groupKind(): boolean | undefined {
    if (this.#takes(':')) return undefined;
    if (this.#takes('=')) return true;
    if (this.#takes('!')) return false;
    if (!this.#takes('<')) throw this.#unsupported();
    // A name; look-behind has none.
    if (!/^[\p{L}_$]$/u.test(this.#next)) throw this.#unsupported();
    while (!this.#takes('>')) this.#take();
    return undefined;
  }

  #class(): CharacterSet {
    const isNegated = this.#takes('^');
    const ranges: Range[] = [];
    while (!this.#takes(']')) {
      const first = this.#member();
      if (!this.#sees('-') || this.#characters[this.#at + 1] === ']') {
        ranges.push(...first);
        continue;
      }
      this.#take();
      ranges.push(this.#range(first, this.#member()));
    }
    return { ranges, isNegated };
  }

  #range(first: readonly Range[], last: readonly Range[]): Range {
    const [[from, same] = [], [to, end] = []] = [first[0], last[0]];
    const isSingle = first.length === 1 && last.length === 1 && from === same && to === end;
    if (!isSingle || from === undefined || to === undefined || to < from) throw this.#unsupported();
    return [from, to];
  }

  #member(): readonly Range[] {
    return this.#takes('\\') ? this.#escape() : single(this.#take());
  }

  #escape(): readonly Range[] {
    const letter = this.#take();
    const known = CLASSES[letter] ?? negated(CLASSES[letter.toLowerCase()]);
    if (known !== undefined) return known;
    const control = CONTROLS[letter];
    if (control !== undefined && !(letter === '0' && /^\d$/.test(this.#next))) return [[control, control]];
    if (letter === 'x') return this.#code(this.#take() + this.#take());
    if (letter === 'u') return this.#code(this.#takes('{') ? this.#untilBrace() : this.#four());
    if (/^[!-/:-@[-`{-~]$/.test(letter)) return single(letter);
    throw this.#unsupported();
  }

  #four(): string {
    return this.#take() + this.#take() + this.#take() + this.#take();
  }

  #untilBrace(): string {
    let digits = '';
    while (!this.#takes('}')) digits += this.#take();
    return digits;
  }

  /** Halves of characters are no characters. */
  #code(digits: string): readonly Range[] {
    const code = /^[0-9a-fA-F]{1,6}$/.test(digits) ? Number.parseInt(digits, 16) : Number.NaN;
    if (!(code <= LAST) || (code >= 0xd800 && code <= 0xdfff)) throw this.#unsupported();
    return [[code, code]];
  }

  get #next(): string {
    return this.#characters[this.#at] ?? '';
  }

  #sees(character: string): boolean {
    return this.#next === character;
  }

  #takes(character: string): boolean {
    const isThere = this.#sees(character);
    if (isThere) this.#at++;
    return isThere;
  }

  #take(): string {
    if (this.#at >= this.#characters.length) throw this.#unsupported();
    return this.#characters[this.#at++] ?? '';
  }

  #unsupported(): Error {
    return new Error(`the pattern is not supported at character ${this.#at + 1}`);
  }
}

function single(character: string): readonly Range[] {
  const code = character.codePointAt(0) ?? 0;
  return [[code, code]];
}

function negated(ranges: readonly Range[] | undefined): readonly Range[] | undefined {
  if (ranges === undefined) return undefined;
  const gaps: Range[] = [];
  let next = 0;
  for (const [from, to] of ranges.toSorted(([one], [other]) => one - other)) {
    if (next < from) gaps.push([next, from - 1]);
    next = to + 1;
  }
  return [...gaps, [next, LAST]];
}
