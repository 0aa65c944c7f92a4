/** What is left of one limit of a quota. */
export interface QuotaLimit {
  /** As the settings name it: `tokensPerMinute`. */
  readonly limit: string;
  /** What is counted: `requests`, `tokens`. */
  readonly unit: string;
  /** Within the window; of `requestsPerSecond` at once. */
  readonly allowed: number;
  readonly remaining: number;
  /** Missing where it is about what runs at the same time. */
  readonly window_ms?: number;
  /** Until all of it may be taken again; 0 = now, or unknown. */
  readonly reset_ms: number;
}

/** A quota, and of whom it counts. */
export interface Quota {
  readonly quota: string;
  /** Missing where it counts all callers together. */
  readonly principal?: string;
  readonly group?: string;
  /** Missing where it counts all models together. */
  readonly model?: string;
  readonly limits: readonly QuotaLimit[];
}

export interface QuotaReport {
  /** Those of which least is left first, at most 1,000. */
  readonly quotas: readonly Quota[];
  /** How many are not listed. */
  readonly omitted: number;
}

export interface QuotaEndpoints {
  'GET /quotas': { readonly answer: QuotaReport };
}
