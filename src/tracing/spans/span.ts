import type { SpanLink } from '../../core/index.js';

/** As OpenTelemetry's API numbers them. */
export const SPAN_KINDS = { internal: 0, server: 1 } as const;

export type AttributeValue = string | number | boolean | readonly string[];
export type Attributes = Record<string, AttributeValue>;

/** A span that has ended, as plain data: it is sent to a thread. */
export interface Span extends SpanLink {
  readonly name: string;
  readonly kind: (typeof SPAN_KINDS)[keyof typeof SPAN_KINDS];
  /** undefined = it begins its trace. */
  readonly parentSpanId: string | undefined;
  /** The parent is a span of another program. */
  readonly hasRemoteParent: boolean;
  /** `tracestate`. */
  readonly state: string | undefined;
  /** Unix milliseconds. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  readonly links: readonly SpanLink[];
  readonly isError: boolean;
}

export const NO_LINKS: readonly SpanLink[] = Object.freeze([]);
