import { invalidArgument, type MillraceError } from '../../../../core/index.js';
import type { Range } from '../pattern/parse.js';
import { characters, complement } from './ranges.js';

/** A part of a rule. Sets have ranges of code points in order. */
export type Item =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'set'; readonly ranges: readonly Range[] }
  | { readonly kind: 'rule'; readonly name: string; readonly at: number }
  | { readonly kind: 'group'; readonly alternatives: Alternatives; readonly at: number }
  | {
      readonly kind: 'repeat';
      readonly item: Item;
      readonly least: number;
      readonly most: number;
      readonly at: number;
    };

/** Sequences, which may be empty. */
export type Alternatives = readonly (readonly Item[])[];

/** A grammar as it was read. `at`: indices of its characters. */
export interface Gbnf {
  readonly rules: ReadonlyMap<string, { readonly alternatives: Alternatives; readonly at: number }>;
  /** What is wrong at a character. */
  refuse(at: number, problem: string): MillraceError;
}

/** How large a grammar may be. */
export interface GbnfLimits {
  readonly characters: number;
  readonly rules: number;
  /** Parts of all rules together. */
  readonly items: number;
  /** Bounded repetitions together: llama.cpp makes a rule for each. */
  readonly repetitions: number;
}

/** Of a grammar in a request. */
const LIMITS: GbnfLimits = { characters: 65_536, rules: 1_000, items: 20_000, repetitions: 16_384 };
const MAX_DEPTH = 64;
const MAX_REPEATS = 1_000;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
const CODES: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/**
 * Reads a grammar in llama.cpp's form (GBNF). What it says is not looked at: rules may be missing, or refer to themselves first. Throws
 * `invalid_argument` with line and column.
 */
export function parseGbnf(source: string, limits = LIMITS): Gbnf {
  if (source.length > limits.characters) {
    const message = `the grammar has ${source.length} characters; at most ${limits.characters} are supported`;
    throw invalidArgument(message, { reason: 'invalid_grammar' });
  }
  return new GbnfParser(source, limits).parse();
}

class GbnfParser {
  readonly #source: string;
  readonly #limits: GbnfLimits;
  readonly #rules = new Map<string, { readonly alternatives: Alternatives; readonly at: number }>();
  #at = 0;
  #itemsLeft: number;
  #repetitionsLeft: number;

  constructor(source: string, limits: GbnfLimits) {
    this.#source = source;
    this.#limits = limits;
    this.#itemsLeft = limits.items;
    this.#repetitionsLeft = limits.repetitions;
  }

  parse(): Gbnf {
    this.#skip(true);
    while (this.#at < this.#source.length) {
      this.#rule();
      this.#skip(true);
    }
    return { rules: this.#rules, refuse: (at, problem) => this.#refuse(problem, at) };
  }

  #rule(): void {
    const at = this.#at;
    const name = this.#name();
    if (name === '') throw this.#refuse(`expected the name of a rule, got ${this.#seen()}`);
    this.#skip(false);
    if (!this.#takes('::='))
      throw this.#refuse(`expected '::=' behind '${name}', got ${this.#seen()}: only GBNF is supported`);
    if (this.#rules.has(name)) throw this.#refuse(`the rule '${name}' is defined twice`, at);
    const { rules } = this.#limits;
    if (this.#rules.size >= rules) throw this.#refuse(`the grammar has more than ${rules} rules`, at);
    this.#skip(true);
    this.#rules.set(name, { alternatives: this.#alternatives(0), at });
    if (this.#at < this.#source.length && !/[\r\n]/.test(this.#next))
      throw this.#refuse(`expected a part of a rule, got ${this.#seen()}`);
  }

  /** Of a rule, or inside so many brackets. */
  #alternatives(depth: number): Alternatives {
    const alternatives = [this.#sequence(depth)];
    while (this.#takes('|')) {
      this.#count();
      this.#skip(true);
      alternatives.push(this.#sequence(depth));
    }
    return alternatives;
  }

  #sequence(depth: number): readonly Item[] {
    const items: Item[] = [];
    for (let item = this.#item(depth); item !== undefined; item = this.#item(depth)) {
      // No text says nothing beside others.
      if (item.kind !== 'text' || item.text !== '') items.push(item);
      this.#skip(depth > 0);
    }
    return items;
  }

  /** undefined = the sequence ends here. */
  #item(depth: number): Item | undefined {
    const at = this.#at;
    let item = this.#single(depth);
    if (item === undefined) return undefined;
    this.#count();
    this.#skip(depth > 0);
    for (let times = this.#times(); times !== undefined; times = this.#times()) {
      this.#count();
      if (item.kind === 'repeat') throw this.#refuse('a repetition is repeated: put brackets around it', at);
      item = { kind: 'repeat', item, ...times, at };
      this.#skip(depth > 0);
    }
    return item;
  }

  #single(depth: number): Item | undefined {
    const at = this.#at;
    if (this.#takes('"')) return { kind: 'text', text: this.#text() };
    if (this.#takes('[')) return { kind: 'set', ranges: this.#set() };
    if (this.#takes('.')) return { kind: 'set', ranges: characters([[0, 0x10ffff]]) };
    if (this.#takes('(')) {
      if (depth >= MAX_DEPTH) throw this.#refuse(`brackets are nested deeper than ${MAX_DEPTH} levels`, at);
      this.#skip(true);
      const alternatives = this.#alternatives(depth + 1);
      if (!this.#takes(')')) throw this.#refuse(`expected ')', got ${this.#seen()}`);
      return { kind: 'group', alternatives, at };
    }
    const name = this.#name();
    return name === '' ? undefined : { kind: 'rule', name, at };
  }

  #text(): string {
    let text = '';
    while (!this.#takes('"')) text += String.fromCodePoint(this.#character('"'));
    return text;
  }

  #set(): readonly Range[] {
    const at = this.#at - 1;
    const isNegated = this.#takes('^');
    const ranges: Range[] = [];
    while (!this.#takes(']')) {
      const from = this.#character(']');
      // A '-' before the end is one of the characters.
      const isRange = this.#next === '-' && this.#source[this.#at + 1] !== ']';
      if (isRange) this.#at++;
      const to = isRange ? this.#character(']') : from;
      if (to < from) throw this.#refuse('the range of characters is upside down');
      ranges.push([from, to]);
    }
    const set = isNegated ? complement(ranges) : characters(ranges);
    if (set.length === 0) throw this.#refuse('no character is in this set', at);
    return set;
  }

  /** The code point of a character, which may be escaped. */
  #character(end: string): number {
    const code = this.#source.codePointAt(this.#at);
    if (code === undefined) throw this.#refuse(`expected '${end}', got the end of the grammar`);
    this.#at += code > 0xffff ? 2 : 1;
    if (code !== 0x5c) return this.#scalar(code);
    const letter = this.#next;
    this.#at++;
    const digits = CODES[letter];
    if (digits === undefined) {
      if (/^["\\[\]-]$/.test(letter) || Object.hasOwn(ESCAPES, letter))
        return (ESCAPES[letter] ?? letter).charCodeAt(0);
      throw this.#refuse(`'\\${letter}' is not a known escape`, this.#at - 2);
    }
    const hex = this.#source.slice(this.#at, this.#at + digits);
    if (!/^[0-9a-fA-F]+$/.test(hex) || hex.length < digits) throw this.#refuse(`expected ${digits} hexadecimal digits`);
    this.#at += digits;
    return this.#scalar(Number.parseInt(hex, 16));
  }

  #scalar(code: number): number {
    if (code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)) return code;
    throw this.#refuse('there is no such character');
  }

  #times(): { readonly least: number; readonly most: number } | undefined {
    const unlimited = Number.POSITIVE_INFINITY;
    if (this.#takes('*')) return { least: 0, most: unlimited };
    if (this.#takes('+')) return { least: 1, most: unlimited };
    if (this.#takes('?')) return { least: 0, most: 1 };
    const at = this.#at;
    if (!this.#takes('{')) return undefined;
    const [all, least, comma, most] =
      /^\s*(\d{1,5})\s*(,?)\s*(\d{0,5})\s*\}/.exec(this.#source.slice(at + 1, at + 40)) ?? [];
    if (all === undefined || (comma === '' && most !== ''))
      throw this.#refuse("expected a repetition such as '{2}', '{2,}' or '{2,3}'", at);
    this.#at += all.length;
    const from = Number(least);
    const to = comma === '' ? from : most === '' ? unlimited : Number(most);
    if (to < from) throw this.#refuse('the repetition has a maximum below its minimum', at);
    const spelt = to === unlimited ? from : to;
    if (spelt > MAX_REPEATS) throw this.#refuse(`more than ${MAX_REPEATS} repetitions are not supported`, at);
    this.#repetitionsLeft -= spelt;
    if (this.#repetitionsLeft < 0)
      throw this.#refuse(`repetitions add up to more than ${this.#limits.repetitions}`, at);
    return { least: from, most: to };
  }

  #name(): string {
    const [name = ''] = /^[\w-]+/.exec(this.#source.slice(this.#at, this.#at + 256)) ?? [];
    this.#at += name.length;
    return name;
  }

  /** Whitespace and comments; those behind a line's end where they are part of what is read. */
  #skip(linesToo: boolean): void {
    for (;;) {
      if (this.#takes(' ') || this.#takes('\t') || (linesToo && (this.#takes('\n') || this.#takes('\r')))) continue;
      if (this.#next !== '#') return;
      while (this.#at < this.#source.length && !/[\r\n]/.test(this.#next)) this.#at++;
    }
  }

  #count(): void {
    if (this.#itemsLeft-- === 0) throw this.#refuse(`the grammar has more than ${this.#limits.items} parts`);
  }

  get #next(): string {
    return this.#source[this.#at] ?? '';
  }

  #takes(text: string): boolean {
    const isThere = this.#source.startsWith(text, this.#at);
    if (isThere) this.#at += text.length;
    return isThere;
  }

  #seen(): string {
    return this.#at < this.#source.length ? JSON.stringify(this.#next) : 'the end of the grammar';
  }

  #refuse(problem: string, at = this.#at): MillraceError {
    const before = this.#source.slice(0, at).split(/\r\n|[\r\n]/);
    const column = (before.at(-1)?.length ?? 0) + 1;
    const message = `the grammar, at line ${before.length}, column ${column}: ${problem}`;
    return invalidArgument(message, { reason: 'invalid_grammar' });
  }
}
