import { Alphabet, ANY, type CharacterClass } from './alphabet.js';
import type { Budget } from './budget.js';
import type { Node } from './parse.js';
import { type Part, Parts } from './parts.js';

/** The texts that may follow, up to the end; equal states are one object. */
export type State = { readonly id: number } & StateKind;
type StateKind =
  | { readonly kind: 'none' | 'end' }
  | { readonly kind: 'then'; readonly part: Part; readonly next: State }
  | { readonly kind: 'union' | 'intersection'; readonly of: readonly State[] }
  | { readonly kind: 'complement'; readonly of: State };

/** The next character, and whether it is the first one. */
interface Coming {
  readonly symbol: number;
  readonly isBegin: boolean;
}

/** Patterns, and their rest behind each character (Brzozowski's derivatives): a pattern has a finite number of rests. */
export class Derivatives {
  readonly #budget: Budget;
  readonly #alphabet = new Alphabet();
  readonly #parts = new Parts(this.#alphabet);
  readonly #states = new Map<string, State>();
  /** Rests by state and character. */
  readonly #rests = new Map<string, State>();
  /** Whether a text may end, by state. */
  readonly #ends = new Map<string, boolean>();
  readonly #cleared = new Map<number, State>();
  readonly #any: Part;
  /** No text at all. */
  readonly none: State;
  /** The empty text. */
  readonly end: State;
  /** Any text. */
  readonly all: State;

  constructor(budget: Budget) {
    this.#budget = budget;
    this.none = this.#state('none', { kind: 'none' });
    this.end = this.#state('end', { kind: 'end' });
    const any: Node = { kind: 'repeat', node: { kind: 'set', set: ANY }, least: 0, most: Number.POSITIVE_INFINITY };
    this.#any = this.#parts.of(any);
    this.all = this.#then(this.#any, this.end);
  }

  /** Texts that a pattern matches as a whole. All patterns are there before the first rest is asked for. */
  whole(pattern: Node): State {
    return this.#then(this.#parts.of(pattern), this.end);
  }

  /** Texts in which a pattern matches anywhere. */
  containing(pattern: Node): State {
    return this.#then(this.#any, this.#then(this.#parts.of(pattern), this.all));
  }

  union(states: readonly State[]): State {
    return this.#combine('union', states);
  }

  intersection(states: readonly State[]): State {
    return this.#combine('intersection', states);
  }

  complement(of: State): State {
    if (of.kind === 'complement') return of.of;
    if (of === this.none) return this.all;
    if (of === this.all) return this.none;
    return this.#state(`!${of.id}`, { kind: 'complement', of });
  }

  /** The classes of characters that no pattern tells apart. */
  get symbols(): readonly CharacterClass[] {
    return this.#alphabet.symbols(this.#budget);
  }

  /** The index of a code point's class; undefined = half of a character. */
  symbolOf(code: number): number | undefined {
    return this.#alphabet.symbolOf(code);
  }

  /** What may follow a character. */
  rest(state: State, coming: Coming): State {
    const key = `${state.id},${coming.symbol},${coming.isBegin}`;
    const known = this.#rests.get(key);
    if (known !== undefined) return known;
    this.#budget.spend();
    const rest = this.#restOf(state, coming);
    this.#rests.set(key, rest);
    return rest;
  }

  /** Whether the text may end here. */
  mayEnd(state: State, isBegin: boolean): boolean {
    const key = `${state.id},${isBegin}`;
    const known = this.#ends.get(key);
    if (known !== undefined) return known;
    this.#budget.spend();
    const ends = this.#mayEnd(state, isBegin);
    this.#ends.set(key, ends);
    return ends;
  }

  #restOf(state: State, coming: Coming): State {
    switch (state.kind) {
      case 'none':
      case 'end':
        return this.none;
      case 'then':
        return this.#restOfPart(state.part, state.next, coming);
      case 'complement':
        return this.complement(this.rest(state.of, coming));
      case 'union':
      case 'intersection':
        return this.#combine(
          state.kind,
          state.of.map((each) => this.rest(each, coming)),
        );
    }
  }

  #restOfPart(part: Part, next: State, coming: Coming): State {
    switch (part.kind) {
      case 'set':
        return this.symbols[coming.symbol]?.sets.has(part.set) ? this.#clear(next) : this.none;
      case 'begin':
        return coming.isBegin ? this.rest(next, coming) : this.none;
      case 'end':
      case 'progress':
        return this.none;
      case 'sequence':
        return this.rest(this.#chain(part.parts, next), coming);
      case 'choice':
        return this.union(part.parts.map((each) => this.rest(this.#then(each, next), coming)));
      case 'repeat':
        return this.#restOfRepeat(part, next, coming);
      case 'ahead': {
        const seen = this.rest(this.#then(part.part, this.all), coming);
        return this.intersection([part.isNegated ? this.complement(seen) : seen, this.rest(next, coming)]);
      }
    }
  }

  #restOfRepeat(repeat: Part & { readonly kind: 'repeat' }, next: State, coming: Coming): State {
    const { part, least, most } = repeat;
    const fewer = this.#parts.repeat(part, { least: Math.max(0, least - 1), most: most - 1 });
    const more = this.#then(fewer, next);
    if (least > 0) return this.rest(this.#then(part, more), coming);
    // Else a part that may be empty would be repeated without end.
    const guarded = part.mayBeEmpty ? this.#then(this.#parts.progress, more) : more;
    return this.union([this.rest(this.#then(part, guarded), coming), this.rest(next, coming)]);
  }

  #mayEnd(state: State, isBegin: boolean): boolean {
    switch (state.kind) {
      case 'none':
        return false;
      case 'end':
        return true;
      case 'complement':
        return !this.mayEnd(state.of, isBegin);
      case 'union':
        return state.of.some((each) => this.mayEnd(each, isBegin));
      case 'intersection':
        return state.of.every((each) => this.mayEnd(each, isBegin));
      case 'then':
        return this.#mayEndBy(state.part, state.next, isBegin);
    }
  }

  #mayEndBy(part: Part, next: State, isBegin: boolean): boolean {
    switch (part.kind) {
      case 'set':
        return false;
      case 'begin':
        return isBegin && this.mayEnd(next, isBegin);
      case 'end':
      case 'progress':
        return this.mayEnd(next, isBegin);
      case 'sequence':
        return this.mayEnd(this.#chain(part.parts, next), isBegin);
      case 'choice':
        return part.parts.some((each) => this.mayEnd(this.#then(each, next), isBegin));
      case 'repeat':
        // At the end, all further times are as the first one.
        return this.mayEnd(part.least === 0 ? next : this.#then(part.part, next), isBegin);
      case 'ahead':
        return this.mayEnd(next, isBegin) && this.mayEnd(this.#then(part.part, this.all), isBegin) !== part.isNegated;
    }
  }

  #then(part: Part, next: State): State {
    const isNothing =
      (part.kind === 'repeat' && part.most === 0) || (part.kind === 'sequence' && part.parts.length === 0);
    return isNothing ? next : this.#state(`${part.id}:${next.id}`, { kind: 'then', part, next });
  }

  #chain(parts: readonly Part[], next: State): State {
    return parts.reduceRight((state, part) => this.#then(part, state), next);
  }

  /** The state behind a character: all that had to make progress has made it. */
  #clear(state: State): State {
    if (state.kind !== 'then') return state;
    const known = this.#cleared.get(state.id);
    if (known !== undefined) return known;
    const next = this.#clear(state.next);
    const cleared = state.part === this.#parts.progress ? next : this.#then(state.part, next);
    this.#cleared.set(state.id, cleared);
    return cleared;
  }

  #combine(kind: 'union' | 'intersection', states: readonly State[]): State {
    const [neutral, absorbing] = kind === 'union' ? [this.none, this.all] : [this.all, this.none];
    const parts = new Map<number, State>();
    for (const state of states) {
      for (const each of state.kind === kind ? state.of : [state]) if (each !== neutral) parts.set(each.id, each);
    }
    if (parts.has(absorbing.id)) return absorbing;
    const of = [...parts.values()].toSorted((one, other) => one.id - other.id);
    const [first = neutral, second] = of;
    if (second === undefined) return first;
    this.#budget.spend(of.length);
    return this.#state(`${kind}${of.map(({ id }) => id).join()}`, { kind, of });
  }

  #state(key: string, state: StateKind): State {
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    const made: State = { id: this.#states.size, ...state };
    this.#states.set(key, made);
    return made;
  }
}
