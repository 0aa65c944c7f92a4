import { type Budget, PatternTooLarge } from './budget.js';
import type { CharacterSet, Range } from './parse.js';

const LAST = 0x10ffff;
/** Halves of characters are in no text. */
const SURROGATES: Range = [0xd800, 0xdfff];
export const ANY: CharacterSet = { ranges: [[0, LAST]], isNegated: false };
const MAX_SETS = 1_000;

/** Characters that no set tells apart. */
export interface CharacterClass {
  readonly ranges: readonly Range[];
  /** The sets that hold them, by their number. */
  readonly sets: ReadonlySet<number>;
}

/** The characters of some sets, in as few classes as these sets tell apart. */
export class Alphabet {
  readonly #numbers = new Map<string, number>();
  readonly #sets: CharacterSet[] = [];
  #symbols: readonly CharacterClass[] | undefined;
  #starts: readonly (readonly [start: number, symbol: number])[] = [];

  /** Numbers a set. All sets are there before {@link symbols} is asked for. */
  number(set: CharacterSet): number {
    const key = `${set.isNegated}${set.ranges.join(';')}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    if (this.#sets.length >= MAX_SETS) throw new PatternTooLarge();
    this.#numbers.set(key, this.#sets.length);
    return this.#sets.push(set) - 1;
  }

  symbols(budget: Budget): readonly CharacterClass[] {
    this.#symbols ??= this.#split(budget);
    return this.#symbols;
  }

  /** The symbol of a code point; undefined = half of a character. */
  symbolOf(code: number): number | undefined {
    let [low, high] = [0, this.#starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle]?.[0] ?? 0) <= code) low = middle;
      else high = middle;
    }
    const symbol = this.#starts[low]?.[1] ?? -1;
    return symbol < 0 ? undefined : symbol;
  }

  #split(budget: Budget): readonly CharacterClass[] {
    const edges = new Set([0, SURROGATES[0], SURROGATES[1] + 1]);
    for (const { ranges } of this.#sets) for (const [from, to] of ranges) edges.add(from).add(to + 1);
    const starts = [...edges].filter((edge) => edge <= LAST).toSorted((one, other) => one - other);
    const found = new Map<string, { readonly ranges: Range[]; readonly sets: ReadonlySet<number>; number: number }>();
    this.#starts = starts.map((start, index) => {
      if (start >= SURROGATES[0] && start <= SURROGATES[1]) return [start, -1];
      budget.spend(this.#sets.length);
      const sets = this.#sets.flatMap((set, number) => (holds(set, start) ? [number] : []));
      const range: Range = [start, (starts[index + 1] ?? LAST + 1) - 1];
      const key = sets.join();
      const symbol = found.get(key) ?? { ranges: [], sets: new Set(sets), number: found.size };
      found.set(key, symbol);
      symbol.ranges.push(range);
      return [start, symbol.number];
    });
    return [...found.values()];
  }
}

function holds({ ranges, isNegated }: CharacterSet, code: number): boolean {
  return ranges.some(([from, to]) => code >= from && code <= to) !== isNegated;
}
