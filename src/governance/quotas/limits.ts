import type { QuotaUnit } from '../../core/index.js';
import type { AmountKind } from './amounts.js';

interface LimitKind {
  readonly counts: AmountKind;
  readonly unit: QuotaUnit;
  readonly windowMs: number | undefined;
  /** `tokens a minute`, for messages. */
  readonly words: string;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** What a quota may limit, by the name of its setting. */
export const LIMITS = {
  requestsPerSecond: { counts: 'requests', unit: 'requests', windowMs: SECOND_MS, words: 'requests a second' },
  concurrent: {
    counts: 'running',
    unit: 'concurrent-requests',
    windowMs: undefined,
    words: 'requests at the same time',
  },
  rowsPerSecond: { counts: 'rows', unit: 'rows', windowMs: SECOND_MS, words: 'rows a second' },
  tokensPerMinute: { counts: 'tokens', unit: 'tokens', windowMs: MINUTE_MS, words: 'tokens a minute' },
  tokensPerDay: { counts: 'tokens', unit: 'tokens', windowMs: DAY_MS, words: 'tokens a day' },
  bytesPerSecond: { counts: 'bytes', unit: 'content-bytes', windowMs: SECOND_MS, words: 'bytes a second' },
  bytesPerDay: { counts: 'bytes', unit: 'content-bytes', windowMs: DAY_MS, words: 'bytes a day' },
  computeMsPerMinute: {
    counts: 'computeMs',
    unit: 'compute-ms',
    windowMs: MINUTE_MS,
    words: 'milliseconds of compute a minute',
  },
} as const satisfies Readonly<Record<string, LimitKind>>;

export type LimitName = keyof typeof LIMITS;

// The keys of the table are the names.
export const LIMIT_NAMES = Object.keys(LIMITS) as readonly LimitName[];

/** Whether what is counted for a limit belongs to a day, and is worth keeping over a restart. */
export function isOfDay(name: LimitName): boolean {
  return LIMITS[name].windowMs === DAY_MS;
}

/** Whether a quota limits anything; it may only have a weight. */
export function hasLimits(quota: Partial<Record<LimitName, number | undefined>>): boolean {
  return LIMIT_NAMES.some((name) => quota[name] !== undefined);
}
