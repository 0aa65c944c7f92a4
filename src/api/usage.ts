import type { Timestamp } from './endpoint.js';

/** Usage. Labels that were not asked for are missing. */
export interface UsageRow {
  /** When the hour or day began, with `granularity`. */
  readonly at?: Timestamp;
  readonly principal?: string;
  /** '' = in none. What members of several groups use counts for each. */
  readonly group?: string;
  /** '' = the request has not come to one. */
  readonly model?: string;
  readonly version?: number;
  readonly route?: string;
  readonly arm?: string;
  /** All, whatever came of them: the sum of the next four. */
  readonly requests: number;
  readonly answered: number;
  /** The caller was wrong, not allowed, or asked too much. */
  readonly refused: number;
  /** The server was at fault, or out of time. */
  readonly failed: number;
  /** The caller has left. */
  readonly cancelled: number;
  /** Of the requests that were answered. */
  readonly rows: number;
  readonly prompt_tokens: number;
  /** Some of the prompt's. */
  readonly cached_tokens: number;
  readonly completion_tokens: number;
  readonly request_bytes: number;
  readonly response_bytes: number;
  /** On an instance, to the microsecond. */
  readonly compute_ms: number;
  /** By currency, exactly: `{"USD": "0.0125"}`; empty where nothing had a price. */
  readonly costs: Readonly<Record<string, string>>;
}

export interface UsageReport {
  readonly from: Timestamp;
  /** That moment is not in it. */
  readonly to: Timestamp;
  /** What is told apart, as it was asked for. */
  readonly by: readonly string[];
  /** Missing where the whole time is one sum. */
  readonly granularity?: 'hour' | 'day';
  /** Since the start of the server: their usage could not be written. */
  readonly lost_requests: number;
  readonly rows: readonly UsageRow[];
}

export interface UsageQuery {
  /** A day or a time with its zone; begins with the hour or day that it is in. Default: 24 hours before `to`. */
  readonly from?: string;
  /** A day or a time with its zone; ends with the hour or day that it is in. Default: now. */
  readonly to?: string;
  /** What to tell apart: `principal`, `group`, `model`, `version`, `route`, `arm`, with commas between. Default: nothing. */
  readonly by?: string;
  /** Default: one sum. */
  readonly granularity?: 'hour' | 'day';
  /** Default: by the header Accept. */
  readonly format?: 'json' | 'csv';
}

export interface UsageEndpoints {
  'GET /usage': { readonly query: UsageQuery; readonly answer: UsageReport };
}
