import type { UsageCounts, UsageGroupBy, UsageSum } from '../store/index.js';
import { toDecimal } from './decimal.js';
import { COST_DIGITS, costOf } from './prices.js';
import { USAGE_DIMENSIONS, type UsageDimension, type UsagePlan } from './query.js';
import { addCounts, noUsage } from './usage-book.js';

/** What somebody has used. Dimensions that were not asked for are missing. */
export interface UsageRow extends Readonly<UsageCounts> {
  /** When the hour or day began, where they are told apart; milliseconds since the Unix epoch. */
  readonly atMs?: number;
  readonly principal?: string;
  /** '' = in no group. What a principal of several groups has used counts for each of them. */
  readonly group?: string;
  readonly model?: string;
  readonly version?: number;
  readonly route?: string;
  readonly arm?: string;
  /** Exactly, by currency: `{ USD: '0.0125' }`; empty where nothing had a price. */
  readonly costs: Readonly<Record<string, string>>;
}

export interface UsageReport extends Omit<UsagePlan, 'period'> {
  readonly rows: readonly UsageRow[];
  /** That were counted since the start, and could not be written. */
  readonly lostRequests: number;
}

type Labels = Pick<UsageRow, 'atMs' | UsageDimension>;

interface Line {
  readonly labels: Labels;
  readonly counts: UsageCounts;
  readonly costs: Map<string, bigint>;
}

/** What the store is asked to tell apart for a plan. */
export function groupingOf({ by, granularity }: Pick<UsagePlan, 'by' | 'granularity'>): readonly UsageGroupBy[] {
  const labels = by.map((name) => (name === 'group' ? 'groups' : name));
  return granularity === undefined ? labels : ['time', ...labels];
}

/** Adds up what the store has told of the parts of a time. */
export class UsageTotals {
  readonly #by: readonly UsageDimension[];
  readonly #lines = new Map<string, Line>();

  constructor(by: readonly UsageDimension[]) {
    this.#by = by;
  }

  get size(): number {
    return this.#lines.size;
  }

  add(sum: UsageSum): void {
    const cost = costOf(sum.price, sum);
    for (const labels of this.#labelsOf(sum)) {
      const key = JSON.stringify(Object.values(labels));
      const line = this.#lines.get(key) ?? { labels, counts: noUsage(), costs: new Map<string, bigint>() };
      this.#lines.set(key, line);
      addCounts(line.counts, sum);
      if (cost !== undefined) line.costs.set(cost.currency, (line.costs.get(cost.currency) ?? 0n) + cost.amount);
    }
  }

  /** In order of time, then of what is told apart. */
  rows(): readonly UsageRow[] {
    return [...this.#lines.values()].sort((one, other) => compare(one.labels, other.labels)).map(toRow);
  }

  /** One, or one for each group. */
  #labelsOf({ atMs, ...sum }: UsageSum): readonly Labels[] {
    const groups = this.#by.includes('group') ? groupsOf(sum.groups) : [undefined];
    return groups.map((group) => ({
      ...(atMs !== undefined && { atMs }),
      ...Object.fromEntries(this.#by.map((name) => [name, name === 'group' ? group : sum[name]])),
    }));
  }
}

/** The store has what the book has written: a list of names. */
function groupsOf(text = '[]'): readonly string[] {
  const groups = JSON.parse(text) as readonly string[];
  return groups.length === 0 ? [''] : groups;
}

function compare(one: Labels, other: Labels): number {
  for (const name of ['atMs', ...USAGE_DIMENSIONS] as const) {
    const [a, b] = [one[name] ?? '', other[name] ?? ''];
    if (a !== b) return a < b ? -1 : 1;
  }
  return 0;
}

function toRow({ labels, counts, costs }: Line): UsageRow {
  const amounts = [...costs].sort(([one], [other]) => (one < other ? -1 : 1));
  return {
    ...labels,
    ...counts,
    costs: Object.fromEntries(amounts.map(([currency, amount]) => [currency, toDecimal(amount, COST_DIGITS)])),
  };
}
