import type { GrammarRules } from '../rules.js';
import { DigitRules, digitSet, MAX_DIGITS, times, UNBOUNDED } from './integers.js';

/** The end of a range of numbers. */
export interface Bound {
  readonly value: number;
  readonly isExclusive: boolean;
}

/** Numbers between two bounds; undefined = there is none. */
export interface Decimals {
  readonly least: Bound | undefined;
  readonly most: Bound | undefined;
  /** Most digits behind the point. */
  readonly places: number;
}

/** A bound in digits: those behind the point without the zeros at their end. */
interface Written {
  readonly whole: number;
  readonly digits: string;
  readonly isExclusive: boolean;
}

/** What is left of a bound's digits behind the point, as long as a number begins like the bound. */
type Rest = Pick<Written, 'digits' | 'isExclusive'> | undefined;

const ZERO: Written = { whole: 0, digits: '', isExclusive: false };

/** Whether a bound is written with digits only, few enough that numbers beside it are not rounded to it. */
export function isWritable({ value }: Bound): boolean {
  return Math.abs(value) < 10 ** MAX_DIGITS && /^-?\d+(?:\.\d+)?$/.test(String(value)) && digitsOf(value) <= MAX_DIGITS;
}

function digitsOf(value: number): number {
  return String(value)
    .replace(/^-?0?\.?/, '')
    .replace('.', '').length;
}

/** The rule for numbers without exponents between writable bounds; undefined = there are none. */
export function decimalRule(rules: GrammarRules, { least, most, places }: Decimals): string | undefined {
  const whole = Math.max(...[least, most].map((bound) => String(Math.trunc(Math.abs(bound?.value ?? 0))).length));
  const decimals = new DecimalRules(rules, Math.min(places, MAX_DIGITS - whole));
  const nearest = most !== undefined && most.value <= 0 ? written(most) : ZERO;
  const negative = decimals.between(nearest, least && written(least));
  const isNegative = least === undefined || least.value < 0;
  const isPositive = most === undefined || most.value >= 0;
  const ways = [
    ...(isNegative ? negative.map((way) => `"-" ${way}`) : []),
    ...(isPositive ? decimals.between(least && least.value >= 0 ? written(least) : ZERO, most && written(most)) : []),
  ];
  return ways.length === 0 ? undefined : rules.add(ways.join(' | '));
}

/** Without its sign. */
function written({ value, isExclusive }: Bound): Written {
  const [whole = '0', digits = ''] = String(Math.abs(value)).split('.');
  return { whole: Number(whole), digits, isExclusive };
}

class DecimalRules {
  readonly #rules: GrammarRules;
  readonly #places: number;

  constructor(rules: GrammarRules, places: number) {
    this.#rules = rules;
    this.#places = places;
  }

  /** Ways to write the numbers from one that is not negative on. */
  between(least: Written, most: Written | undefined): readonly string[] {
    const last = most?.whole ?? UNBOUNDED;
    if (least.whole > last) return [];
    if (least.whole === most?.whole) return this.#withWhole(least.whole, least, most);
    // All fractions may follow this one as well.
    const isOpen = least.digits === '' && !least.isExclusive;
    const naturals = new DigitRules(this.#rules, { multipleOf: 1, places: 0 }).naturals(
      isOpen ? least.whole : least.whole + 1,
      most === undefined ? last : last - 1,
    );
    const any = this.#places > 0 ? `("." ${times(1, this.#places)})?` : '';
    return [
      ...(isOpen ? [] : this.#withWhole(least.whole, least, undefined)),
      ...naturals.map((natural) => `${natural} ${any}`.trim()),
      ...(most === undefined ? [] : this.#withWhole(last, undefined, most)),
    ];
  }

  #withWhole(whole: number, least: Rest, most: Rest): readonly string[] {
    const digits = this.#places > 0 ? this.#digits(least, most, this.#places) : [];
    return [
      ...(mayEnd(least, most) ? [`"${whole}"`] : []),
      ...(digits.length > 0 ? [`"${whole}." ${this.#rules.add(digits.join(' | '))}`] : []),
    ];
  }

  /** Ways to go on with at least one digit, and at most so many. */
  #digits(least: Rest, most: Rest, places: number): readonly string[] {
    const [first, last] = [Number(least?.digits[0] ?? 0), most === undefined ? 9 : Number(most.digits[0] ?? 0)];
    const behinds = new Map<string, number[]>();
    for (let digit = first; digit <= last; digit++) {
      const [from, to] = [digit === first ? after(least) : undefined, digit === last ? after(most) : undefined];
      const behind = this.#behind(from, to, places - 1);
      if (behind === undefined) continue;
      const digits = behinds.get(behind);
      if (digits === undefined) behinds.set(behind, [digit]);
      else digits.push(digit);
    }
    return [...behinds].map(([behind, digits]) => `${digitSet(digits)} ${behind}`.trim());
  }

  /** What may come behind a digit, '' included; undefined = no number goes on like this. */
  #behind(least: Rest, most: Rest, places: number): string | undefined {
    if (least === undefined && most === undefined) return times(0, places);
    const digits = places > 0 ? this.#digits(least, most, places) : [];
    if (digits.length === 0) return mayEnd(least, most) ? '' : undefined;
    const rule = this.#rules.add(digits.join(' | '));
    return mayEnd(least, most) ? `(${rule})?` : rule;
  }
}

function after(rest: Rest): Rest {
  return rest && { ...rest, digits: rest.digits.slice(1) };
}

/** Whether a number that has begun like its bounds is within them as it is. */
function mayEnd(least: Rest, most: Rest): boolean {
  const isEnough = least === undefined || (least.digits === '' && !least.isExclusive);
  return isEnough && !(most !== undefined && most.digits === '' && most.isExclusive);
}
