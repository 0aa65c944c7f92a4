import { LazyTrace, type TraceContext } from '../core/index.js';

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const MAX_TRACESTATE_LENGTH = 512;

const NO_PARENT = { parentSpanId: undefined, sampled: false, state: undefined } as const;

type HeaderValue = string | readonly string[] | undefined;

/**
 * Takes up `traceparent`, or starts a trace when it is missing or malformed (W3C Trace Context §4.3 says to restart).
 * A `tracestate` without a valid parent, or over 512 characters, is dropped.
 */
export function openTrace(traceparent: HeaderValue, tracestate: HeaderValue): TraceContext {
  if (typeof traceparent !== 'string') return new LazyTrace(undefined, NO_PARENT);
  const match = TRACEPARENT.exec(traceparent);
  const [, version, traceId, spanId, flags, rest] = match ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return new LazyTrace(undefined, NO_PARENT);
  if (version === 'ff' || (version === '00' && rest !== undefined)) return new LazyTrace(undefined, NO_PARENT);
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return new LazyTrace(undefined, NO_PARENT);
  return new LazyTrace(traceId, {
    parentSpanId: spanId,
    sampled: (Number.parseInt(flags, 16) & 1) === 1,
    state: typeof tracestate === 'string' && tracestate.length <= MAX_TRACESTATE_LENGTH ? tracestate : undefined,
  });
}
