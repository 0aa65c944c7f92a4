import { USAGE_COUNTS, USAGE_LABELS, type UsageBatch, type UsageIncrement } from '../usage.js';

/** What an increment is as a row: its hour, its labels, its counts. */
export const USAGE_FIELDS = [
  'hourMs',
  ...USAGE_LABELS,
  ...USAGE_COUNTS,
] as const satisfies readonly (keyof UsageIncrement)[];

/** A batch as it is handed to the thread: its rows are one text of JSON, as SQLite reads them. */
export interface UsageRows extends Pick<UsageBatch, 'writer' | 'number'> {
  readonly rows: string;
}

export function toUsageRows({ writer, number, increments }: UsageBatch): UsageRows {
  const rows = increments.map((increment) => USAGE_FIELDS.map((field) => increment[field]));
  return { writer, number, rows: JSON.stringify(rows) };
}
