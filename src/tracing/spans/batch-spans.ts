import { type Attempt, attemptSpanId, type Call, type Events, randomHex, type SpanLink } from '../../core/index.js';
import { OWN_NAMES } from './names.js';
import { type Attributes, SPAN_KINDS, type Span } from './span.js';
import { describeError } from './stages.js';

/** Batches of which it is known which span they have: members may end before their batch, and after it. */
const MAX_KNOWN = 1_024;

type BatchFinished = Events['batchFinished'];

interface BatchPlace {
  readonly instance: string;
  readonly generation: number;
  readonly batchId: number;
}

/** Batches with several members have a span and a trace of their own, which is linked with those of the members that are traced. */
export class BatchSpans {
  readonly #known = new Map<string, SpanLink>();

  /** The span of the batch that an attempt was in; undefined = it was alone in it. `rows`: of the request. */
  find({ answeredBy, timing }: Attempt, rows: number): SpanLink | undefined {
    const { instance, batchId, batchRows } = timing;
    if (answeredBy === undefined || batchId === 0 || batchRows <= rows) return undefined;
    return this.#spanOf({ instance, generation: answeredBy.generation, batchId });
  }

  /** The span of a batch that has ended; undefined = it has none. `endMs`: Unix milliseconds. */
  ended(batch: BatchFinished, endMs: number): Span | undefined {
    const { ref, instance, batchId, members, computeMs, error } = batch;
    if (members.length < 2) return undefined;
    const links = linksOf(batch);
    if (links.length === 0) return undefined;
    return {
      ...this.#spanOf({ instance, generation: ref.generation, batchId }),
      name: `batch ${ref.name}`,
      kind: SPAN_KINDS.internal,
      parentSpanId: undefined,
      hasRemoteParent: false,
      state: undefined,
      startMs: endMs - computeMs,
      endMs,
      attributes: attributesOf(batch),
      links,
      isError: error !== undefined,
    };
  }

  #spanOf({ instance, generation, batchId }: BatchPlace): SpanLink {
    const key = `${generation} ${batchId} ${instance}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const made = { traceId: randomHex(4), spanId: randomHex(2) };
    this.#known.set(key, made);
    if (this.#known.size > MAX_KNOWN) this.#known.delete(this.#known.keys().next().value as string);
    return made;
  }
}

/** The attempts that were in it, of calls that are traced; rows of one request are one. */
function linksOf({ members, batchId, instance }: BatchFinished): readonly SpanLink[] {
  const links = new Map<string, SpanLink>();
  for (const { call } of members) {
    const { trace } = call;
    if (trace?.sampled !== true) continue;
    const spanId = attemptSpanId(trace.spanId, attemptIn(call, { batchId, instance }));
    links.set(spanId, { traceId: trace.traceId, spanId });
  }
  return [...links.values()];
}

/** A batch that has failed may be behind an attempt that is over. */
function attemptIn({ timing }: Call, place: Pick<BatchPlace, 'batchId' | 'instance'>): number {
  const index = timing.earlierAttempts.findIndex(
    (attempt) => attempt.timing.batchId === place.batchId && attempt.timing.instance === place.instance,
  );
  return index < 0 ? timing.earlierAttempts.length : index;
}

function attributesOf({ ref, instance, batchId, members, rows, reason, error }: BatchFinished): Attributes {
  const attributes: Attributes = {
    [OWN_NAMES.model]: ref.name,
    [OWN_NAMES.version]: String(ref.version),
    [OWN_NAMES.instance]: instance,
    [OWN_NAMES.batchId]: batchId,
    [OWN_NAMES.batchRequests]: members.length,
    [OWN_NAMES.batchRows]: rows,
    [OWN_NAMES.batchReason]: reason,
  };
  describeError(attributes, error);
  return attributes;
}
