/** How fast the error budget burns, beside the limit of an alert. 1: it would be spent at the end of the SLO's window. */
export interface SloBurnRate {
  /** `page`, `ticket`. */
  readonly severity: string;
  /** The alert fires while both rates are higher. */
  readonly factor: number;
  readonly long_window_ms: number;
  readonly short_window_ms: number;
  /** Missing where there were no requests. */
  readonly long_window_rate?: number;
  readonly short_window_rate?: number;
  readonly burning: boolean;
}

/** A service level objective, and how it is met. */
export interface ServiceLevel {
  readonly slo: string;
  /** Missing where it is about a route. */
  readonly model?: string;
  readonly route?: string;
  /** `availability`, `latency`, `first_token`. */
  readonly indicator: string;
  /** The longest time of a good answer; missing for availability. */
  readonly threshold_ms?: number;
  /** The share of the requests that have to be good. */
  readonly objective: number;
  readonly window_ms: number;
  /** Within the window. */
  readonly requests: number;
  readonly bad_requests: number;
  /** Missing where there were no requests. */
  readonly good_ratio?: number;
  /** Share of the error budget; negative where the objective is missed. */
  readonly error_budget_remaining: number;
  readonly burn_rates: readonly SloBurnRate[];
}

export interface SloReport {
  readonly slos: readonly ServiceLevel[];
}

export interface SloEndpoints {
  'GET /slos': { readonly answer: SloReport };
}
