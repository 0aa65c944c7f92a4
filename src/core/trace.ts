/** W3C trace context: 32 and 16 lower-case hex digits. */
export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly sampled: boolean;
  readonly state: string | undefined;
}

/**
 * A trace context whose ids are made when somebody first asks for them, as most requests are neither logged nor traced.
 * `traceId` undefined starts a trace.
 */
export class LazyTrace implements TraceContext {
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

/** The same trace, one span further in. */
export function childTrace(parent: TraceContext): TraceContext {
  return new ChildTrace(parent);
}

/** Asks for the ids of its parent, which may have none yet, only when somebody asks for its own. */
class ChildTrace implements TraceContext {
  readonly sampled: boolean;
  readonly state: string | undefined;
  readonly #parent: TraceContext;
  #spanId: string | undefined;

  constructor(parent: TraceContext) {
    this.sampled = parent.sampled;
    this.state = parent.state;
    this.#parent = parent;
  }

  get traceId(): string {
    return this.#parent.traceId;
  }

  get parentSpanId(): string {
    return this.#parent.spanId;
  }

  get spanId(): string {
    this.#spanId ??= randomHex(2);
    return this.#spanId;
  }
}

/** A trace context as the W3C's `traceparent` header carries it. */
export function formatTraceparent({ traceId, spanId, sampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
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
