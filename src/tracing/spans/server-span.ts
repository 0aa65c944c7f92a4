import type { Call, Events, MillraceError, Timing, TraceContext } from '../../core/index.js';
import { GRPC_STATUS_CODES, grpcStatusName } from '../../protocols/index.js';
import { parseBaggage } from '../context/baggage.js';
import { NAMES, OWN_NAMES } from './names.js';
import { type Attributes, NO_LINKS, SPAN_KINDS, type Span } from './span.js';
import { describeError, stagesOf, toMicroseconds } from './stages.js';

type HttpFinished = Events['httpFinished'];
type GrpcFinished = Events['grpcFinished'];

const MAX_PATH_LENGTH = 512;
/** Statuses of gRPC that OpenTelemetry counts as errors of a server. */
const GRPC_ERRORS: readonly number[] = [
  GRPC_STATUS_CODES.DEADLINE_EXCEEDED,
  GRPC_STATUS_CODES.UNIMPLEMENTED,
  GRPC_STATUS_CODES.INTERNAL,
  GRPC_STATUS_CODES.UNAVAILABLE,
];

/** What spans of requests have in common. */
export interface SpanContext {
  /** Unix milliseconds at which the clock of timings was 0. */
  readonly epochMs: number;
  /** Keys of `baggage` that they show. */
  readonly baggage: ReadonlySet<string>;
}

/** The span of an HTTP request, and of its stages that took long enough. A path that no route has taken is not shown. */
export function httpSpans(event: HttpFinished, trace: TraceContext, context: SpanContext): readonly Span[] {
  const { method, route, path, status } = event;
  const attributes: Attributes = { [NAMES.httpRequestMethod]: method, [NAMES.httpResponseStatusCode]: status };
  if (route !== '') {
    attributes[NAMES.httpRoute] = route;
    attributes[NAMES.urlPath] = path.slice(0, MAX_PATH_LENGTH);
  }
  const name = route === '' ? method : `${method} ${route}`;
  return serverSpans(event, trace, { name, attributes, isError: status >= 500, ...context });
}

/** The span of a gRPC call, likewise. */
export function grpcSpans(event: GrpcFinished, trace: TraceContext, context: SpanContext): readonly Span[] {
  const { method, status, requestMessages, responseMessages } = event;
  const name = method === '' ? '_OTHER' : method.slice(1);
  const attributes: Attributes = {
    [NAMES.rpcSystemName]: 'grpc',
    [NAMES.rpcMethod]: name,
    [NAMES.rpcStatusCode]: grpcStatusName(status),
    [OWN_NAMES.requestMessages]: requestMessages,
    [OWN_NAMES.responseMessages]: responseMessages,
  };
  return serverSpans(event, trace, { name, attributes, isError: GRPC_ERRORS.includes(status), ...context });
}

interface ServerSpan extends SpanContext {
  readonly name: string;
  readonly attributes: Attributes;
  readonly isError: boolean;
}

function serverSpans(
  event: HttpFinished | GrpcFinished,
  { traceId, spanId, parentSpanId, state, link }: TraceContext,
  { name, attributes, isError, epochMs, baggage }: ServerSpan,
): readonly Span[] {
  const { call, error, durationMs } = event;
  const { timing } = call;
  describeCaller(attributes, event);
  describeRoute(attributes, timing);
  if (baggage.size > 0) describeBaggage(attributes, call, baggage);
  describeError(attributes, error);
  const startMs = epochMs + timing.receivedAt;
  const root = { traceId, parentSpanId: spanId, state };
  const stages = stagesOf(timing, { ...root, epochMs }, attributes);
  const span: Span = {
    name,
    kind: SPAN_KINDS.server,
    traceId,
    spanId,
    parentSpanId,
    hasRemoteParent: parentSpanId !== undefined,
    state,
    startMs,
    endMs: startMs + durationMs,
    attributes,
    links: link === undefined ? NO_LINKS : [{ traceId: link.traceId, spanId: link.spanId }],
    isError,
  };
  return [span, ...stages];
}

function describeCaller(
  attributes: Attributes,
  event: { readonly call: Call; readonly remoteAddress: string; readonly error: MillraceError | undefined } & Pick<
    HttpFinished,
    'requestBytes' | 'responseBytes'
  >,
): void {
  const { call, remoteAddress, requestBytes, responseBytes } = event;
  if (remoteAddress !== '') attributes[NAMES.clientAddress] = remoteAddress;
  attributes[OWN_NAMES.requestId] = call.requestId;
  attributes[OWN_NAMES.principal] = call.principal.name;
  attributes[OWN_NAMES.requestBytes] = requestBytes;
  attributes[OWN_NAMES.responseBytes] = responseBytes;
}

function describeBaggage(attributes: Attributes, { metadata }: Call, allowed: ReadonlySet<string>): void {
  for (const [key, value] of Object.entries(parseBaggage(metadata.baggage, allowed))) {
    attributes[`baggage.${key}`] = value;
  }
}

function describeRoute(attributes: Attributes, { route, arm, cache, cacheMs }: Timing): void {
  if (route !== '') {
    attributes[OWN_NAMES.route] = route;
    attributes[OWN_NAMES.arm] = arm;
  }
  if (cache !== undefined) {
    attributes[OWN_NAMES.cache] = cache;
    attributes[OWN_NAMES.cacheUs] = toMicroseconds(cacheMs);
  }
}
