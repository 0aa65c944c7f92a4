import type { TraceContext } from '../core/index.js';

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const MAX_TRACESTATE_LENGTH = 512;

/**
 * The W3C trace context of one request: the caller's, or a new one. Ids are made when somebody first asks for them,
 * as most requests are neither logged nor traced.
 */
class RequestTrace implements TraceContext {
  readonly parentSpanId: string | undefined;
  readonly sampled: boolean;
  readonly state: string | undefined;
  #traceId: string | undefined;
  #spanId: string | undefined;

  constructor(traceId: string | undefined, parent: Pick<TraceContext, 'parentSpanId' | 'sampled' | 'state'>) {
    this.#traceId = traceId;
    this.parentSpanId = parent.parentSpanId;
    this.sampled = parent.sampled;
    this.state = parent.state;
  }

  get traceId(): string {
    this.#traceId ??= randomHex(4);
    return this.#traceId;
  }

  get spanId(): string {
    this.#spanId ??= randomHex(2);
    return this.#spanId;
  }
}

const NO_PARENT = { parentSpanId: undefined, sampled: false, state: undefined } as const;

/**
 * Takes up `traceparent`, or starts a trace when it is missing or malformed (W3C Trace Context §4.3 says to restart).
 * A `tracestate` without a valid parent, or over 512 characters, is dropped.
 */
export function openTrace(traceparent: string | undefined, tracestate: string | undefined): TraceContext {
  if (traceparent === undefined) return new RequestTrace(undefined, NO_PARENT);
  const match = TRACEPARENT.exec(traceparent);
  const [, version, traceId, spanId, flags, rest] = match ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined)
    return new RequestTrace(undefined, NO_PARENT);
  if (version === 'ff' || (version === '00' && rest !== undefined)) return new RequestTrace(undefined, NO_PARENT);
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return new RequestTrace(undefined, NO_PARENT);
  return new RequestTrace(traceId, {
    parentSpanId: spanId,
    sampled: (Number.parseInt(flags, 16) & 1) === 1,
    state: tracestate !== undefined && tracestate.length <= MAX_TRACESTATE_LENGTH ? tracestate : undefined,
  });
}

/** Not for secrets: ids have to be different, not unguessable, and a system call each would cost more than the request. */
function randomHex(words: number): string {
  let hex = '';
  for (let word = 0; word < words; word++) {
    hex += Math.floor(Math.random() * 4_294_967_296)
      .toString(16)
      .padStart(8, '0');
  }
  return /^0+$/.test(hex) ? randomHex(words) : hex;
}
