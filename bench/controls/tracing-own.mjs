/**
 * What traces cost at least: a request of five spans with two attributes each, made at its end and serialised by OpenTelemetry's library,
 * posted nowhere. The prototype that the decision about traces was made from (docs/decisions/0067).
 */
import { randomBytes } from 'node:crypto';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';

const resource = { attributes: { 'service.name': 'millrace' } };
const instrumentationScope = { name: 'millrace', version: '0.1' };
const NAMES = ['infer', 'decode', 'queue', 'execute', 'encode'];
const GROUP = 2_048;
const TIME = [1_764_400_000, 1_000];

const id = (bytes) => randomBytes(bytes).toString('hex');
const spanIds = NAMES.map(() => id(8));
let kept = [];

function makeSpans() {
  const traceId = id(16);
  const root = id(8);
  for (const [k, name] of NAMES.entries()) {
    kept.push({
      name,
      kind: k ? 0 : 1,
      spanContext: () => ({ traceId, spanId: k ? spanIds[k] : root, traceFlags: 1 }),
      parentSpanContext: k ? { traceId, spanId: root, traceFlags: 1 } : undefined,
      startTime: TIME,
      endTime: TIME,
      status: { code: 0 },
      attributes: { 'millrace.model': 'm', a: 1 },
      links: [],
      events: [],
      duration: [0, 1],
      ended: true,
      resource,
      instrumentationScope,
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    });
    spanIds[k] = id(8);
  }
}

/** A traced request. Gives the bytes that are serialised then. */
export function tracedByPrototype() {
  makeSpans();
  return kept.length >= GROUP ? flushPrototype() : 0;
}

export function flushPrototype() {
  const bytes = ProtobufTraceSerializer.serializeRequest(kept).length;
  kept = [];
  return bytes;
}
