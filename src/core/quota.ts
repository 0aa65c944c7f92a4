/** What a quota counts, as the `RateLimit` header fields name it. */
export type QuotaUnit = 'requests' | 'concurrent-requests' | 'rows' | 'tokens' | 'content-bytes' | 'compute-ms';

/** One limit that a call counts against, and what is left of it. */
export interface QuotaStanding {
  /** `fraud-team/tokensPerMinute`: printable ASCII. */
  readonly policy: string;
  readonly unit: QuotaUnit;
  readonly limit: number;
  /** undefined where it is about what runs at the same time. */
  readonly windowMs: number | undefined;
  readonly remaining: number;
  /** Until all of it may be taken again; 0 = now, or nobody knows. */
  readonly resetMs: number;
}

/** Who knows what is left of the limits that a call counts against. */
export interface QuotaSource {
  /** What is left: to be read at once, as the same objects may say later what is left then. */
  standings(): readonly QuotaStanding[];
}
