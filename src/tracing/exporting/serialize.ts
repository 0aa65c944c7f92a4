import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { SpanLink } from '../../core/index.js';
import type { Span } from '../spans/span.js';
import type { ExportSetup } from './messages.js';

type ReadableSpan = Parameters<typeof ProtobufTraceSerializer.serializeRequest>[0][number];
type Resource = ReadableSpan['resource'];
type Format = 'protobuf' | 'json';

const SERIALIZERS = { protobuf: ProtobufTraceSerializer, json: JsonTraceSerializer };
const SAMPLED_FLAG = 1;
const OK_STATUS = 0;
const ERROR_STATUS = 2;

/** Makes OTLP requests of spans. */
export function createSerializer(
  { resource: attributes, version }: Pick<ExportSetup, 'resource' | 'version'>,
  format: Format,
) {
  const origin = { resource: { attributes } as unknown as Resource, scope: { name: 'millrace', version } };
  return {
    encode(spans: readonly Span[]): Uint8Array {
      const request = SERIALIZERS[format].serializeRequest(spans.map((span) => readableOf(span, origin)));
      if (request === undefined) throw new Error('the serializer of OTLP gave nothing');
      return request;
    },
    /** Spans that the collector did not take, of an answer that says it has. */
    decodeRejected(answer: Uint8Array): { readonly rejected: number; readonly message: string } {
      if (answer.byteLength === 0) return { rejected: 0, message: '' };
      const { partialSuccess } = SERIALIZERS[format].deserializeResponse(answer);
      return { rejected: Number(partialSuccess?.rejectedSpans ?? 0), message: partialSuccess?.errorMessage ?? '' };
    },
  };
}

export type Serializer = ReturnType<typeof createSerializer>;

interface Origin {
  readonly resource: Resource;
  readonly scope: ReadableSpan['instrumentationScope'];
}

/** Written out, not spread: V8 is several times slower with objects that are made by a spread. */
function readableOf(span: Span, { resource, scope }: Origin): ReadableSpan {
  const { traceId, parentSpanId, state, startMs, endMs } = span;
  const context = contextOf(span, state);
  const readable = {
    name: span.name,
    kind: span.kind,
    spanContext: () => context,
    parentSpanContext: undefined as Context | undefined,
    startTime: toHrTime(startMs),
    endTime: toHrTime(endMs),
    status: { code: span.isError ? ERROR_STATUS : OK_STATUS },
    attributes: span.attributes,
    links: span.links.length === 0 ? NONE : span.links.map((link) => ({ context: contextOf(link, undefined) })),
    events: NONE,
    duration: toHrTime(endMs - startMs),
    ended: true,
    resource,
    instrumentationScope: scope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
  if (parentSpanId !== undefined) {
    const isRemote = span.hasRemoteParent;
    readable.parentSpanContext = { traceId, spanId: parentSpanId, traceFlags: SAMPLED_FLAG, isRemote };
  }
  // The library's types know no lists that cannot be changed, and it changes none.
  return readable as unknown as ReadableSpan;
}

type Context = ReturnType<ReadableSpan['spanContext']>;

const NONE: readonly never[] = Object.freeze([]);

function contextOf({ traceId, spanId }: SpanLink, state: string | undefined): Context {
  if (state === undefined) return { traceId, spanId, traceFlags: SAMPLED_FLAG };
  const traceState = { serialize: () => state } as NonNullable<Context['traceState']>;
  return { traceId, spanId, traceFlags: SAMPLED_FLAG, traceState };
}

/** Seconds and nanoseconds of milliseconds. */
function toHrTime(ms: number): [number, number] {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.round((ms - seconds * 1_000) * 1_000_000)];
}
