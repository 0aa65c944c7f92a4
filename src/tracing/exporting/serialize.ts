import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { SpanLink } from '../../core/index.js';
import type { Attributes, Span } from '../spans/span.js';
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
  const resource = { attributes: toMutable(attributes) } as unknown as Resource;
  const instrumentationScope = { name: 'millrace', version };
  return {
    encode(spans: readonly Span[]): Uint8Array {
      const readable = spans.map((span) => ({ ...readableOf(span), resource, instrumentationScope }));
      const request = SERIALIZERS[format].serializeRequest(readable);
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

function readableOf(span: Span): Omit<ReadableSpan, 'resource' | 'instrumentationScope'> {
  const { name, kind, traceId, spanId, parentSpanId, hasRemoteParent, state, startMs, endMs, attributes, links } = span;
  const traceState = state === undefined ? {} : { traceState: { serialize: () => state } };
  const context = { traceId, spanId, traceFlags: SAMPLED_FLAG, ...traceState } as ReturnType<
    ReadableSpan['spanContext']
  >;
  return {
    name,
    kind,
    spanContext: () => context,
    ...(parentSpanId !== undefined && {
      parentSpanContext: { traceId, spanId: parentSpanId, traceFlags: SAMPLED_FLAG, isRemote: hasRemoteParent },
    }),
    startTime: toHrTime(startMs),
    endTime: toHrTime(endMs),
    status: { code: span.isError ? ERROR_STATUS : OK_STATUS },
    attributes: toMutable(attributes),
    links: links.map((link) => ({ context: contextOf(link) })),
    events: [],
    duration: toHrTime(endMs - startMs),
    ended: true,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function contextOf({ traceId, spanId }: SpanLink) {
  return { traceId, spanId, traceFlags: SAMPLED_FLAG };
}

/** Seconds and nanoseconds of milliseconds. */
function toHrTime(ms: number): [number, number] {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.round((ms - seconds * 1_000) * 1_000_000)];
}

/** The library's types know no lists that cannot be changed. */
function toMutable(attributes: Attributes): ReadableSpan['attributes'] {
  return attributes as ReadableSpan['attributes'];
}
