/** A span, by its trace and its own id: 32 and 16 lower-case hex digits. */
export interface SpanLink {
  readonly traceId: string;
  readonly spanId: string;
}

/** W3C trace context: ids of 32 and 16 lower-case hex digits. */
export interface TraceContext extends SpanLink {
  readonly parentSpanId: string | undefined;
  readonly sampled: boolean;
  readonly state: string | undefined;
  /** A span of another trace that this one follows from: of a caller who is not trusted to continue its trace here, or of a request that it outlives. */
  readonly link?: SpanLink | undefined;
  /** The span of this server below which those of a child call are; undefined = the call comes from outside. */
  readonly localParentSpanId?: string;
}

/** Where a trace comes from; a new one where there is no parent. */
export type TraceOrigin = Pick<TraceContext, 'parentSpanId' | 'sampled' | 'state' | 'link'>;

/**
 * A trace context whose ids are made when somebody first asks for them, as most requests are neither logged nor traced.
 * `traceId` undefined starts a trace. `random`: 32 bits of the id of that, where something has been decided by them already.
 */
export class LazyTrace implements TraceContext {
  readonly parentSpanId: string | undefined;
  readonly sampled: boolean;
  readonly state: string | undefined;
  readonly link: SpanLink | undefined;
  #traceId: string | undefined;
  #spanId: string | undefined;
  readonly #random: number | undefined;

  constructor(traceId: string | undefined, origin: TraceOrigin, random?: number) {
    this.#traceId = traceId;
    this.parentSpanId = origin.parentSpanId;
    this.sampled = origin.sampled;
    this.state = origin.state;
    this.link = origin.link;
    this.#random = random;
  }

  get traceId(): string {
    this.#traceId ??= this.#random === undefined ? randomHex(4) : traceIdWith(this.#random);
    return this.#traceId;
  }

  get spanId(): string {
    this.#spanId ??= randomHex(2);
    return this.#spanId;
  }
}

/**
 * The same trace, one span further in: below an attempt of the parent, from 0; undefined = beside the attempts of the parent, below the span in
 * which they are.
 */
export function childTrace(parent: TraceContext, attempt: number | undefined): TraceContext {
  return new ChildTrace(parent, attempt);
}

/** A trace of its own for what outlives a request, linked to the span of that where it is traced. */
export function detachedTrace(origin: TraceContext): TraceContext {
  const { sampled } = origin;
  const link = isTraced(origin) ? linkTo(origin) : undefined;
  return new LazyTrace(undefined, { parentSpanId: undefined, sampled, state: undefined, link });
}

function linkTo({ traceId, spanId, localParentSpanId = spanId }: TraceContext): SpanLink {
  return { traceId, spanId: localParentSpanId };
}

/** Whether the trace is followed: by this server, or by its caller. Ids of others need not be made. */
export function isTraced(trace: TraceContext | undefined): trace is TraceContext {
  return trace !== undefined && (trace.sampled || trace.parentSpanId !== undefined || trace.link !== undefined);
}

/** The span id of an attempt of a call, from that of the call. `attempt`: from 0. */
export function attemptSpanId(spanId: string, attempt: number): string {
  const low = (Number.parseInt(spanId.slice(8), 16) + attempt + 1) % TWO_TO_32;
  return `${spanId.slice(0, 8)}${hexOf(low)}`;
}

/** Asks for the ids of its parent, which may have none yet, only when somebody asks for its own. */
class ChildTrace implements TraceContext {
  readonly sampled: boolean;
  readonly state: string | undefined;
  readonly #parent: TraceContext;
  readonly #attempt: number | undefined;
  #spanId: string | undefined;

  constructor(parent: TraceContext, attempt: number | undefined) {
    this.sampled = parent.sampled;
    this.state = parent.state;
    this.#parent = parent;
    this.#attempt = attempt;
  }

  get traceId(): string {
    return this.#parent.traceId;
  }

  get parentSpanId(): string {
    return this.#parent.spanId;
  }

  get localParentSpanId(): string {
    const { spanId, localParentSpanId = spanId } = this.#parent;
    return this.#attempt === undefined ? localParentSpanId : attemptSpanId(spanId, this.#attempt);
  }

  get spanId(): string {
    this.#spanId ??= randomHex(2);
    return this.#spanId;
  }
}

/** A trace context as the W3C's `traceparent` header carries it. `attempt`, from 0: what follows is below it, and not below the call itself. */
export function formatTraceparent({ traceId, spanId, sampled }: TraceContext, attempt?: number): string {
  const parent = attempt === undefined ? spanId : attemptSpanId(spanId, attempt);
  return `00-${traceId}-${parent}-${sampled ? '01' : '00'}`;
}

const TWO_TO_32 = 4_294_967_296;

/** Digits 19 to 26 are the given ones: the highest of the 56 random bits by which OpenTelemetry samples consistently. */
function traceIdWith(random: number): string {
  return `${randomHex(2)}${randomHex(1).slice(0, 2)}${hexOf(random)}${randomHex(1).slice(0, 6)}`;
}

/** Not for secrets: ids have to be different, not unguessable, and a system call each would cost more than the request. */
export function randomHex(words: number): string {
  let hex = '';
  for (let word = 0; word < words; word++) hex += hexOf(Math.floor(Math.random() * TWO_TO_32));
  return /^0+$/.test(hex) ? randomHex(words) : hex;
}

function hexOf(word: number): string {
  return word.toString(16).padStart(8, '0');
}
