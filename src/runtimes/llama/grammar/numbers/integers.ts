import { type GrammarRules, literal } from '../rules.js';

/** Integers from one to another, both included and safe, that are multiples of a natural number. */
export interface Integers {
  readonly least: number;
  readonly most: number;
  readonly multipleOf: number;
  /** They are written with a point before so many digits. Default: 0. */
  readonly places?: number;
}

/** Digits of integers where a schema sets no bound: every program reads them exactly. */
export const MAX_DIGITS = 15;
/** Of which multiples are written: a rule is made for each remainder and number of digits that are still to come. */
export const MAX_MULTIPLE = 64;

/** The largest integer that is written where there is no bound. */
export const UNBOUNDED = 10 ** MAX_DIGITS - 1;

/** Rules that {@link integerRule} makes at most. */
export function rulesOfIntegers({ multipleOf }: Integers): number {
  return 4 * MAX_DIGITS + (multipleOf === 1 ? 0 : (MAX_DIGITS + 5) * multipleOf);
}

/** The rule for integers; undefined = there are none. */
export function integerRule(
  rules: GrammarRules,
  { least, most, multipleOf, places = 0 }: Integers,
): string | undefined {
  if (least === -UNBOUNDED && most === UNBOUNDED && multipleOf === 1 && places === 0) return 'integer';
  const digits = new DigitRules(rules, { multipleOf, places });
  const ways = [
    ...(least < 0 ? digits.naturals(Math.max(1, -most), -least).map((way) => `"-" ${way}`) : []),
    ...(most >= 0 ? digits.naturals(Math.max(0, least), most) : []),
  ];
  return ways.length === 0 ? undefined : rules.add(ways.join(' | '));
}

/** Rules for natural numbers in decimal. */
export class DigitRules {
  readonly #rules: GrammarRules;
  readonly #multipleOf: number;
  readonly #places: number;
  /** By digits that are still to come and remainder of those before; undefined = no digits make a multiple of it. */
  readonly #free = new Map<string, string | undefined>();

  constructor(rules: GrammarRules, { multipleOf, places }: { readonly multipleOf: number; readonly places: number }) {
    this.#rules = rules;
    this.#multipleOf = multipleOf;
    this.#places = places;
  }

  /** Ways to write the numbers from one to another without leading zeros. */
  naturals(from: number, to: number): readonly string[] {
    const ways = [...this.#belowOne(from, to)];
    const first = Math.max(10 ** this.#places, from);
    if (first > to) return ways;
    /** Lengths of which all numbers are meant. */
    let whole: { readonly least: number; readonly most: number } | undefined;
    for (let length = String(first).length; length <= String(to).length; length++) {
      const least = String(Math.max(first, 10 ** (length - 1)));
      const most = String(to).length > length ? '9'.repeat(length) : String(to);
      const isPlain = this.#multipleOf === 1 && this.#places === 0;
      const isWhole = isPlain && Number(least) === 10 ** (length - 1) && most === '9'.repeat(length);
      if (isWhole) whole = { least: whole?.least ?? length - 1, most: length - 1 };
      else ways.push(...this.#between({ least, most, remainder: 0 }));
    }
    if (whole !== undefined) ways.push(`[1-9] ${times(whole.least, whole.most)}`.trim());
    return ways;
  }

  /** Those that begin with a zero. */
  #belowOne(from: number, to: number): readonly string[] {
    const last = Math.min(to, 10 ** this.#places - 1);
    if (from > last) return [];
    if (this.#places === 0) return ['"0"'];
    const [least, most] = [from, last].map((each) => String(each).padStart(this.#places, '0'));
    return this.#between({ least: least ?? '', most: most ?? '', remainder: 0 }).map((way) => `"0." ${way}`);
  }

  /** Ways to write numbers of so many digits. */
  #between({ least, most, remainder }: Digits): readonly string[] {
    const length = least.length;
    if (length === 0) return remainder === 0 ? [''] : [];
    const [first, last] = [Number(least[0]), Number(most[0])];
    const rests = new Map<string, number[]>();
    for (let digit = first; digit <= last; digit++) {
      const rest = this.#pointed({
        least: digit === first ? least.slice(1) : '0'.repeat(length - 1),
        most: digit === last ? most.slice(1) : '9'.repeat(length - 1),
        remainder: (remainder * 10 + digit) % this.#multipleOf,
      });
      if (rest === undefined) continue;
      const digits = rests.get(rest);
      if (digits === undefined) rests.set(rest, [digit]);
      else digits.push(digit);
    }
    return [...rests].map(([rest, digits]) => `${digitSet(digits)} ${rest}`.trim());
  }

  #pointed(digits: Digits): string | undefined {
    const rest = this.#rest(digits);
    return rest === undefined || this.#places === 0 || digits.least.length !== this.#places ? rest : `"." ${rest}`;
  }

  #rest(digits: Digits): string | undefined {
    const { least, most, remainder } = digits;
    const isFree = Number(least) === 0 && most === '9'.repeat(most.length);
    const isInOne = this.#places === 0 || least.length <= this.#places;
    if (isFree && isInOne && this.#multipleOf === 1) return times(least.length, least.length);
    const key = `${least.length},${remainder}`;
    if (isFree && this.#free.has(key)) return this.#free.get(key);
    const ways = this.#between(digits);
    const [first, second] = ways;
    const rule = first === undefined ? undefined : second === undefined ? first : this.#rules.add(ways.join(' | '));
    if (isFree) this.#free.set(key, rule);
    return rule;
  }
}

interface Digits {
  /** As many digits each. */
  readonly least: string;
  readonly most: string;
  /** Of the digits before. */
  readonly remainder: number;
}

/** So many digits; '' = none. */
export function times(least: number, most: number): string {
  if (most === 0) return '';
  return least === 1 && most === 1 ? '[0-9]' : `[0-9]{${least},${most}}`;
}

/** One of these digits, which are in order. */
export function digitSet(digits: readonly number[]): string {
  const [first = 0] = digits;
  const last = digits.at(-1) ?? first;
  if (digits.length === 1) return literal(String(first));
  return last - first === digits.length - 1 ? `[${first}-${last}]` : `[${digits.join('')}]`;
}
