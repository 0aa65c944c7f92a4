import { type MillraceError, randomHex, type SpanLink, type Timing } from '../../core/index.js';
import { NAMES, OWN_NAMES } from './names.js';
import { type Attributes, NO_LINKS, SPAN_KINDS, type Span } from './span.js';

/** Stages of a request that took at least so long are spans; each is an attribute of its parent in any case. */
const SPAN_FROM_MS = 0.05;

/** The span below which others are. */
export interface ParentSpan {
  readonly traceId: string;
  readonly parentSpanId: string;
  readonly state: string | undefined;
  /** Unix milliseconds at which the clock of the timing was 0. */
  readonly epochMs: number;
}

/** Times on the clock of the timing. */
export interface StageTimes {
  readonly startedAt: number;
  readonly endedAt: number;
}

/** What differs from a span without attributes, links and errors. */
interface SpanDetails {
  readonly attributes?: Attributes;
  readonly links?: readonly SpanLink[];
  readonly isError?: boolean;
}

/** A span of this process below `parent`. */
export function childSpan(
  parent: ParentSpan,
  { name, startedAt, endedAt }: StageTimes & { readonly name: string },
  { attributes = {}, links = NO_LINKS, isError = false }: SpanDetails = {},
): Span {
  const { traceId, parentSpanId, state, epochMs } = parent;
  return {
    name,
    kind: SPAN_KINDS.internal,
    traceId,
    spanId: randomHex(2),
    parentSpanId,
    hasRemoteParent: false,
    state,
    startMs: epochMs + startedAt,
    endMs: epochMs + Math.max(startedAt, endedAt),
    attributes,
    links,
    isError,
  };
}

/** What the edge did for a request: attributes of its span, and spans where it took long. */
export function stagesOf(timing: Timing, parent: ParentSpan, attributes: Attributes): readonly Span[] {
  const { receivedAt, authenticatedAt, decodedAt, finishedAt, encodeMs } = timing;
  const spans: Span[] = [];
  const add = (name: string, attribute: string, times: StageTimes) => {
    const ms = times.endedAt - times.startedAt;
    if (ms < 0) return;
    attributes[attribute] = toMicroseconds(ms);
    if (ms >= SPAN_FROM_MS) spans.push(childSpan(parent, { name, ...times }));
  };
  const knownAt = Math.max(receivedAt, authenticatedAt);
  if (authenticatedAt > 0)
    add('authenticate', OWN_NAMES.authenticateUs, { startedAt: receivedAt, endedAt: authenticatedAt });
  if (decodedAt > 0) add('decode', OWN_NAMES.decodeUs, { startedAt: knownAt, endedAt: decodedAt });
  if (encodeMs > 0 && finishedAt > 0) {
    add('encode', OWN_NAMES.encodeUs, { startedAt: finishedAt, endedAt: finishedAt + encodeMs });
  }
  return spans;
}

/** What went wrong, without a word of its message: that may quote what the caller has sent. */
export function describeError(attributes: Attributes, error: MillraceError | undefined): void {
  if (error === undefined) return;
  attributes[NAMES.errorType] = error.code;
  if (error.reason !== undefined) attributes[OWN_NAMES.errorReason] = error.reason;
}

export function toMicroseconds(ms: number): number {
  return Math.round(ms * 1_000);
}
