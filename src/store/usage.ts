/** What is counted of the use of models: whole numbers that only grow. `computeUs`: microseconds on an instance. */
export const USAGE_COUNTS = [
  'answered',
  'refused',
  'failed',
  'cancelled',
  'rows',
  'promptTokens',
  'cachedTokens',
  'completionTokens',
  'requestBytes',
  'responseBytes',
  'computeUs',
] as const;

export type UsageCounts = Record<(typeof USAGE_COUNTS)[number], number>;

/** By what it is told apart. Texts have no character 0: the store may cut them there. `groups`: a JSON list; `price`: text that says what it costs, '' where that is nothing. */
export const USAGE_LABELS = ['principal', 'groups', 'model', 'version', 'route', 'arm', 'price'] as const;

export interface UsageLabels {
  readonly principal: string;
  readonly groups: string;
  readonly model: string;
  readonly version: number;
  readonly route: string;
  readonly arm: string;
  readonly price: string;
}

/** What is to be added to an hour, and to its day. */
export interface UsageIncrement extends UsageLabels, Readonly<UsageCounts> {
  /** When the hour began (UTC); milliseconds since the Unix epoch. */
  readonly hourMs: number;
}

export interface UsageBatch {
  /** Names the process, or the part of it, that counts. */
  readonly writer: string;
  /** From 1; each writer counts on by one. */
  readonly number: number;
  readonly increments: readonly UsageIncrement[];
}

export type UsageGroupBy = Exclude<(typeof USAGE_LABELS)[number], 'price'> | 'time';

export interface UsageQuery {
  /** Which of the two rollups is read. */
  readonly period: 'hour' | 'day';
  /** Periods that begin from then on; milliseconds since the Unix epoch. */
  readonly fromMs: number;
  /** And before this. */
  readonly toMs: number;
  /** What to tell apart, besides prices, which always are. */
  readonly by: readonly UsageGroupBy[];
  /** Of this principal only; undefined = all. */
  readonly principal: string | undefined;
  /** Rows at most: those beyond are left out. */
  readonly limit: number;
}

/** The sum of all that is alike in what the query tells apart; other labels are missing. */
export interface UsageSum extends Partial<Omit<UsageLabels, 'price'>>, Readonly<UsageCounts> {
  readonly price: string;
  /** Where times are told apart: when the hour or day began. */
  readonly atMs?: number;
}

export interface UsageRecords {
  /** Adds a batch to hours and days, once: one of the same writer with the same or a lower number has been added, and is not again. */
  add(batch: UsageBatch): Promise<void>;
  sums(query: UsageQuery): Promise<readonly UsageSum[]>;
  /** Forgets hours and days that began before. At most 2,000 rows at a time: repeat it while `hasMore`. */
  prune(horizons: UsageHorizons): Promise<{ readonly hasMore: boolean }>;
}

export interface UsageHorizons {
  readonly hoursBeforeMs: number;
  readonly daysBeforeMs: number;
}
