/** A span as it arrived; ids are hex, times nanoseconds. */
export interface ReceivedSpan {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly isError: boolean;
  readonly resource: Readonly<Record<string, unknown>>;
}

const ERROR_STATUS = 2;

// biome-ignore lint/suspicious/noExplicitAny: OTLP's JSON, which the assertions of tests check
type Json = any;

/** The spans of a request as OTLP's JSON has it, with ids in hex, or as that of protobuf, with ids in base64. */
export function spansOfOtlp(request: Json): readonly ReceivedSpan[] {
  return (request.resourceSpans ?? []).flatMap(({ resource, scopeSpans }: Json) =>
    scopeSpans.flatMap(({ spans }: Json) =>
      spans.map((span: Json) => ({
        name: span.name,
        kind: span.kind,
        traceId: hexOf(span.traceId),
        spanId: hexOf(span.spanId),
        parentSpanId: hexOf(span.parentSpanId),
        traceState: span.traceState ?? '',
        startNs: BigInt(span.startTimeUnixNano),
        endNs: BigInt(span.endTimeUnixNano),
        attributes: attributesOf(span.attributes),
        links: (span.links ?? []).map((link: Json) => ({ traceId: hexOf(link.traceId), spanId: hexOf(link.spanId) })),
        isError: span.status?.code === ERROR_STATUS,
        resource: attributesOf(resource.attributes),
      })),
    ),
  );
}

/** JSON of OTLP has hex, that of protobuf base64. */
function hexOf(id: string | undefined): string {
  if (id === undefined || /^(?:[0-9a-f]{16}|[0-9a-f]{32})$/.test(id)) return id ?? '';
  return Buffer.from(id, 'base64').toString('hex');
}

function attributesOf(pairs: Json = []): Readonly<Record<string, unknown>> {
  return Object.fromEntries(pairs.map(({ key, value }: Json) => [key, plainOf(value)]));
}

function plainOf(value: Json): unknown {
  if (value.arrayValue !== undefined) return value.arrayValue.values.map(plainOf);
  if (value.intValue !== undefined) return Number(value.intValue);
  return value.stringValue ?? value.boolValue ?? value.doubleValue;
}
