import type { Timestamp } from './endpoint.js';
import type { Estimate } from './estimates.js';

/** Values above `low` and up to about `high`; the first one counts those of 0. */
export interface Bucket {
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/** Milliseconds; quantiles are missing where nothing was computed. */
export interface LatencySummary {
  readonly p50?: number;
  readonly p95?: number;
  readonly p99?: number;
  readonly buckets: readonly Bucket[];
}

/** Compute time of both sides, where both have computed. */
export interface ShadowLatency {
  readonly requests: number;
  readonly primary: LatencySummary;
  readonly shadow: LatencySummary;
  /** Mean of the shadow's less the primary's for the same request. */
  readonly difference?: Estimate;
}

/** How the numbers of an output compare. */
export interface ComparedNumbers {
  readonly elements: number;
  /** Share of the elements beyond the tolerance. */
  readonly differing?: Estimate;
  readonly non_finite: number;
  readonly max_difference: number;
  /** Mean over requests of the mean absolute difference of their elements. */
  readonly mean_difference?: Estimate;
  /** Of each request's largest difference. */
  readonly buckets: readonly Bucket[];
}

/** How the rows of an output compare where they stand for classes. */
export interface ComparedClasses {
  readonly rows: number;
  /** Share of the rows whose highest class is another one. */
  readonly flips?: Estimate;
  /** Means over requests; missing where no row was a distribution. */
  readonly total_variation?: Estimate;
  readonly jensen_shannon?: Estimate;
  /** Of each request's mean total variation. */
  readonly buckets: readonly Bucket[];
}

/** How the texts of an output compare. */
export interface ComparedTexts {
  readonly elements: number;
  readonly exact?: Estimate;
  /** But for case, spaces and punctuation. */
  readonly normalised?: Estimate;
}

/** One output of all compared answers. */
export interface ComparedOutput {
  readonly name: string;
  readonly compared: number;
  readonly agreement?: Estimate;
  /** Where tensors could not be compared, how often by reason. */
  readonly mismatches: Readonly<Record<string, number>>;
  readonly last_mismatch?: string;
  readonly numbers?: ComparedNumbers;
  readonly classes?: ComparedClasses;
  readonly texts?: ComparedTexts;
}

/** A tensor as people read it: its first elements. */
export interface SampledTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  /** Texts, or numbers written as text. */
  readonly elements: readonly string[];
  /** There are more, or they are longer. */
  readonly is_cut: boolean;
}

/** One request whose answers differ. */
export interface ShadowSample {
  readonly request_id: string;
  readonly at: Timestamp;
  /** How much they differ, between 0 and 1. */
  readonly severity: number;
  /** Names of those that differ. */
  readonly outputs: readonly string[];
  readonly inputs: readonly SampledTensor[];
  readonly primary: readonly SampledTensor[];
  readonly shadow: readonly SampledTensor[];
}

/** Two versions of which one has answered and the other got the copy. */
export interface ShadowPair {
  /** `fraud/3` */
  readonly primary: string;
  readonly shadow: string;
  readonly since_at: Timestamp;
  /** Requests that both have ended. */
  readonly requests: number;
  readonly compared: number;
  /** Share of the compared answers that agree. */
  readonly agreement?: Estimate;
  readonly failures: { readonly both: number; readonly only_primary: number; readonly only_shadow: number };
  /** Of the shadow, by code. */
  readonly errors: Readonly<Record<string, number>>;
  readonly compute_ms: ShadowLatency;
  readonly outputs: readonly ComparedOutput[];
  /** The worst disagreements, where the route lets them be kept. */
  readonly samples: readonly ShadowSample[];
}

/** What is known of the shadow of a route. */
export interface ShadowReport {
  readonly route: string;
  /** Who gets copies now: `fraud@canary`, `fraud/4`; missing: no version any more. */
  readonly shadow?: string;
  /** Of the requests, 0 to 1. */
  readonly share: number;
  readonly since_at: Timestamp;
  /** Requests that have been copied. */
  readonly copied: number;
  /** Copies that wait or run now. */
  readonly pending: number;
  /** Requests that were not copied, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** The latest first. */
  readonly pairs: readonly ShadowPair[];
}

export interface ShadowEndpoints {
  'GET /routes/{route}/shadow': { readonly answer: ShadowReport };
  'POST /routes/{route}/shadow/reset': { readonly answer: undefined };
}
