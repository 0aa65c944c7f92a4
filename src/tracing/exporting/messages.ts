import type { OtlpOptions } from '../options.js';
import type { Attributes } from '../spans/span.js';

/** What the thread that exports is started with. */
export interface ExportSetup extends Pick<OtlpOptions, 'endpoint' | 'protocol' | 'headers' | 'timeoutMs'> {
  /** PEM; undefined = the authorities that Node.js trusts. */
  readonly ca: string | undefined;
  readonly resource: Attributes;
  /** Of millrace. */
  readonly version: string;
}

/** Spans that the thread sends in one request: JSON of a list. */
export type ExportRequest = string;

/** How that has ended. `message`: for the log. */
export type ExportReply =
  | { readonly outcome: 'taken'; readonly rejected: number; readonly message: string }
  | { readonly outcome: 'refused'; readonly message: string }
  | { readonly outcome: 'retry'; readonly message: string; readonly retryAfterMs: number | undefined };
