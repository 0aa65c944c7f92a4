import { type CallMetadata, LazyTrace, type SpanLink, type TraceContext } from '../../core/index.js';

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const MAX_TRACEPARENT_LENGTH = 512;
const MAX_TRACESTATE_LENGTH = 512;
const MAX_TRACESTATE_MEMBERS = 32;
/** A member of `tracestate`: a key, which may name a tenant, and a value of printable characters without `,` and `=`. */
const MEMBER =
  /^(?:[a-z0-9][a-z0-9_*/-]{0,240}@)?[a-z0-9][a-z0-9_*/-]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const SAMPLED_FLAG = 1;

const NEW_TRACE = { parentSpanId: undefined, sampled: false, state: undefined } as const;

type HeaderValue = CallMetadata[string];

/** The caller's span, and whether its trace is recorded. */
export interface TraceParent extends SpanLink {
  readonly sampled: boolean;
}

/** Reads `traceparent` (W3C Trace Context, any version but `ff`). undefined = it is missing or malformed, and a new trace begins. */
export function parseTraceparent(header: HeaderValue): TraceParent | undefined {
  if (typeof header !== 'string' || header.length > MAX_TRACEPARENT_LENGTH) return undefined;
  const [, version, traceId, spanId, flags, rest] = TRACEPARENT.exec(header) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (isZero(traceId) || isZero(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & SAMPLED_FLAG) === SAMPLED_FLAG };
}

/** Reads `tracestate`: 512 characters and 32 members at most. undefined = it is missing, too long or malformed, and is dropped. */
export function parseTracestate(header: HeaderValue): string | undefined {
  const text = typeof header === 'string' ? header : header?.join(',');
  if (text === undefined || text.length > MAX_TRACESTATE_LENGTH) return undefined;
  const members = text
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
  if (members.length === 0 || members.length > MAX_TRACESTATE_MEMBERS) return undefined;
  return members.every((member) => MEMBER.test(member)) ? members.join(',') : undefined;
}

/** Continues the trace of `traceparent`, or starts one where that is missing or malformed. A `tracestate` without a parent is dropped. */
export function continueTrace({ traceparent, tracestate }: CallMetadata): TraceContext {
  const parent = parseTraceparent(traceparent);
  return parent === undefined ? new LazyTrace(undefined, NEW_TRACE) : continued(parent, tracestate);
}

/** The trace of a parent whose caller is trusted. */
export function continued({ traceId, spanId, sampled }: TraceParent, tracestate: HeaderValue): TraceContext {
  return new LazyTrace(traceId, { parentSpanId: spanId, sampled, state: parseTracestate(tracestate) });
}

function isZero(hex: string): boolean {
  return /^0+$/.test(hex);
}
