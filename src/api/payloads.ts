import type { PageQuery, Timestamp } from './endpoint.js';

/** A tensor of a recorded request, by the names of the Open Inference Protocol. */
export interface RecordedTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  /** Flat. Missing where the values were left out. */
  readonly data?: readonly unknown[];
  /** In place of values: `elements`, and of numbers `least`, `greatest` and `mean`, of texts `bytes`. */
  readonly summary?: Readonly<Record<string, number>>;
  /** Left out, as it was too large. */
  readonly truncated?: boolean;
  /** Left out, all or parts of it. */
  readonly redacted?: boolean;
}

/** A recorded request and its answer. */
export interface RecordedRequest {
  readonly request_id: string;
  readonly trace_id?: string;
  /** Of its arrival. */
  readonly at: Timestamp;
  readonly model: string;
  readonly version?: number;
  readonly route?: string;
  readonly arm?: string;
  /** Pseudonym of the caller. */
  readonly principal: string;
  /** `oip`, `openai`, …; empty where it came by no protocol. */
  readonly dialect: string;
  /** `ok`, or an error code. */
  readonly status: string;
  readonly latency_ms: number;
  readonly compute_ms?: number;
  readonly inputs: readonly RecordedTensor[];
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Parameters of a request to a model that generates. */
  readonly generation?: Readonly<Record<string, unknown>>;
  /** Missing: all of them. */
  readonly requested_outputs?: readonly string[];
  readonly in_sequence?: boolean;
  readonly outputs?: readonly RecordedTensor[];
  readonly finish_reason?: string;
}

export interface PayloadPage {
  /** The newest first. */
  readonly records: readonly RecordedRequest[];
  /** `after` of the next page; missing on the last one. */
  readonly next?: string;
}

export interface PayloadQuery extends PageQuery {
  readonly request_id?: string;
  /** The model that answered, or the route. */
  readonly model?: string;
  /** From this moment on. */
  readonly since?: Timestamp;
  /** Before this moment. */
  readonly until?: Timestamp;
  /** `ok`, or an error code. */
  readonly status?: string;
}

export interface ErasedPayloads {
  readonly erased: number;
}

export interface PayloadEndpoints {
  'GET /payloads': { readonly query: PayloadQuery; readonly answer: PayloadPage };
  'DELETE /payloads/{request}': { readonly answer: ErasedPayloads };
}
