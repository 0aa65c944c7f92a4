import type { UsageCounts } from '../store/index.js';
import { type NamePatterns, parsePatterns } from '../text/index.js';
import { PRICE_DIGITS, toInteger } from './decimal.js';
import type { PriceOptions } from './options.js';

/** Costs are integers of 10^-21 of the currency: the least that one byte can cost. */
export const COST_DIGITS = 21;
/** One of each costs its price times this, in that unit. */
const PER_ONE = 10n ** BigInt(COST_DIGITS - PRICE_DIGITS);
const PER_MILLION = PER_ONE / 1_000_000n;
const PER_BILLION = PER_ONE / 1_000_000_000n;

const NAMES = [
  'perRequest',
  'perRow',
  'perMillionPromptTokens',
  'perMillionCachedTokens',
  'perMillionCompletionTokens',
  'perComputeSecond',
  'perGigabyte',
] as const satisfies readonly (keyof PriceOptions)[];

/** What one model costs, as it is kept with what was used at that price. */
type Price = { readonly currency: string } & Partial<Record<(typeof NAMES)[number], number>>;

/** The cost of something, exactly, and in which currency. */
export interface Cost {
  readonly currency: string;
  /** In 10^-21 of it. */
  readonly amount: bigint;
}

/** Finds the price of a model by its name, as text: '' where it has none. */
export class PriceList {
  readonly #entries: readonly { readonly names: NamePatterns; readonly text: string }[];
  readonly #known = new Map<string, string>();

  constructor(prices: readonly PriceOptions[], currency: string) {
    this.#entries = prices.map((entry) => ({ names: parsePatterns(entry.models), text: textOf(entry, currency) }));
  }

  priceOf(model: string): string {
    const known = this.#known.get(model);
    if (known !== undefined) return known;
    const found = this.#entries.find(({ names }) => names.matches(model));
    const text = found?.text ?? '';
    // Names of models come and go.
    if (this.#known.size >= 10_000) this.#known.clear();
    this.#known.set(model, text);
    return text;
  }
}

/** What is wrong with prices, with where it is in them: `metering.prices[0].perRow`. */
export function checkPrices(prices: readonly PriceOptions[]): readonly string[] {
  return prices.flatMap((entry, index) =>
    NAMES.flatMap((name) => {
      const price = entry[name];
      if (price === undefined || toInteger(price, PRICE_DIGITS) !== undefined) return [];
      return [
        `metering.prices[${index}].${name}: expected at most ${PRICE_DIGITS} digits behind the point, got ${price}`,
      ];
    }),
  );
}

/** What it costs at a price of {@link PriceList}; undefined where that is ''. */
export function costOf(price: string, counts: Readonly<UsageCounts>): Cost | undefined {
  if (price === '') return undefined;
  // This module has written it.
  const { currency, ...prices } = JSON.parse(price) as Price;
  const cached = Math.min(counts.cachedTokens, counts.promptTokens);
  const amount =
    times(prices.perRequest, counts.answered) * PER_ONE +
    times(prices.perRow, counts.rows) * PER_ONE +
    times(prices.perMillionPromptTokens, counts.promptTokens - cached) * PER_MILLION +
    times(prices.perMillionCachedTokens ?? prices.perMillionPromptTokens, cached) * PER_MILLION +
    times(prices.perMillionCompletionTokens, counts.completionTokens) * PER_MILLION +
    times(prices.perComputeSecond, counts.computeUs) * PER_MILLION +
    times(prices.perGigabyte, counts.requestBytes + counts.responseBytes) * PER_BILLION;
  return { currency, amount };
}

function times(price = 0, count: number): bigint {
  return (toInteger(price, PRICE_DIGITS) ?? 0n) * BigInt(count);
}

/** The same for equal prices, in whatever order they are written. */
function textOf(entry: PriceOptions, currency: string): string {
  const prices = NAMES.flatMap((name) => (entry[name] === undefined ? [] : [[name, entry[name]] as const]));
  return JSON.stringify({ currency, ...Object.fromEntries(prices) });
}
