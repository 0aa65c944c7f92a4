import { invalidArgument } from '../core/index.js';
import type { UsageQuery } from '../store/index.js';
import { didYouMean, parseTime } from '../text/index.js';
import type { MeteringOptions } from './options.js';
import { HOUR_MS } from './usage-book.js';

const DAY_MS = 24 * HOUR_MS;

/** By what reports tell use apart. */
export const USAGE_DIMENSIONS = ['principal', 'group', 'model', 'version', 'route', 'arm'] as const;
export type UsageDimension = (typeof USAGE_DIMENSIONS)[number];
const GRANULARITIES = ['hour', 'day'] as const;
export type UsageGranularity = (typeof GRANULARITIES)[number];

/** What somebody asks for, as text. */
export interface UsageQuestion {
  /** ISO 8601, with a zone where it has a time. Default: 24 hours before `to`. */
  readonly from?: string | undefined;
  /** Default: now. */
  readonly to?: string | undefined;
  /** Dimensions, with commas between them. Default: none. */
  readonly by?: string | undefined;
  /** `hour`, `day`; default: all of the time is one sum. */
  readonly granularity?: string | undefined;
}

/** What is to be read to answer. */
export interface UsagePlan {
  readonly by: readonly UsageDimension[];
  readonly granularity: UsageGranularity | undefined;
  readonly fromMs: number;
  /** That moment is not in it. */
  readonly toMs: number;
  readonly period: UsageQuery['period'];
}

type Kept = Pick<MeteringOptions, 'keepHoursDays' | 'keepDays'>;

/** Whole hours or days that hold the time asked for. Throws `invalid_argument`, which says what is wrong where. */
export function planUsage(question: UsageQuestion, nowMs: number, kept: Kept): UsagePlan {
  const by = readBy(question.by);
  const granularity = readGranularity(question.granularity);
  const untilMs = question.to === undefined ? nowMs : readTime('to', question.to);
  const sinceMs = question.from === undefined ? untilMs - DAY_MS : readTime('from', question.from);
  if (sinceMs >= untilMs) {
    throw invalidArgument(`from: expected a time before 'to' (${timeOf(untilMs)}), got ${timeOf(sinceMs)}`);
  }
  const coversDays = sinceMs % DAY_MS === 0 && (untilMs % DAY_MS === 0 || untilMs >= nowMs);
  const period = granularity ?? (coversDays ? 'day' : 'hour');
  const unitMs = period === 'day' ? DAY_MS : HOUR_MS;
  const keptMs = (period === 'day' ? kept.keepDays : kept.keepHoursDays) * DAY_MS;
  const fromMs = sinceMs - (((sinceMs % unitMs) + unitMs) % unitMs);
  const toMs = Math.min(Math.ceil(untilMs / unitMs) * unitMs, nowMs + keptMs);
  if (period === 'hour' && fromMs < nowMs - keptMs - HOUR_MS) {
    throw invalidArgument(
      `from: hours are kept for ${kept.keepHoursDays} days; ask for days (granularity=day), or for a time that begins at midnight (UTC)`,
    );
  }
  return { by, granularity, fromMs: Math.max(fromMs, nowMs - (nowMs % DAY_MS) - keptMs - DAY_MS), toMs, period };
}

/** The time of a plan in pieces that are read one after the other, so that others have their turn at the store. */
export function* slicesOf({ fromMs, toMs, period }: UsagePlan): Iterable<Pick<UsageQuery, 'fromMs' | 'toMs'>> {
  const stepMs = period === 'day' ? 32 * DAY_MS : DAY_MS;
  for (let startMs = fromMs; startMs < toMs; startMs += stepMs) {
    yield { fromMs: startMs, toMs: Math.min(toMs, startMs + stepMs) };
  }
}

function readBy(text: string | undefined): readonly UsageDimension[] {
  if (text === undefined || text === '') return [];
  const names = text.split(',').map((name) => name.trim());
  for (const name of names) {
    if (USAGE_DIMENSIONS.some((known) => known === name)) continue;
    const hint = didYouMean(name, USAGE_DIMENSIONS, "'");
    throw invalidArgument(`by: expected some of ${USAGE_DIMENSIONS.join(', ')}, got '${name.slice(0, 80)}'${hint}`);
  }
  return USAGE_DIMENSIONS.filter((name) => names.includes(name));
}

function readGranularity(text: string | undefined): UsageGranularity | undefined {
  if (text === undefined || text === '') return undefined;
  const found = GRANULARITIES.find((name) => name === text);
  if (found === undefined) throw invalidArgument(`granularity: expected hour or day, got '${text.slice(0, 80)}'`);
  return found;
}

function readTime(name: string, text: string): number {
  const timeMs = parseTime(text);
  if (timeMs !== undefined) return timeMs;
  throw invalidArgument(
    `${name}: expected a day or a time with its zone, such as 2026-01-31 or 2026-01-31T12:00:00Z, got '${text.slice(0, 80)}'`,
  );
}

function timeOf(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
