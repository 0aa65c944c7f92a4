import { describe, expect, it } from 'vitest';
import { decodeOtlpRequest, encodeOtlpRejection } from '../../../test/support/otlp-messages.js';
import { spansOfOtlp } from '../../../test/support/otlp-spans.js';
import type { Span } from '../spans/span.js';
import { createSerializer } from './serialize.js';

const SETUP = { resource: { 'service.name': 'millrace', pids: ['1', '2'] }, version: '1.2.3' };

const SPAN: Span = {
  name: 'infer m',
  kind: 1,
  traceId: 'a'.repeat(32),
  spanId: 'b'.repeat(16),
  parentSpanId: 'c'.repeat(16),
  hasRemoteParent: true,
  state: 'vendor=1',
  startMs: 1_750_000_000_000.25,
  endMs: 1_750_000_000_001.5,
  attributes: { text: 'é', flag: true, count: 7, share: 0.5, list: ['x', 'y'] },
  links: [{ traceId: 'd'.repeat(32), spanId: 'e'.repeat(16) }],
  isError: true,
};

describe.each(['protobuf', 'json'] as const)('spans as %s', (format) => {
  const serializer = createSerializer(SETUP, format);
  const roundTrip = (spans: readonly Span[]) => {
    const bytes = serializer.encode(spans);
    return spansOfOtlp(format === 'json' ? JSON.parse(Buffer.from(bytes).toString()) : decodeOtlpRequest(bytes));
  };

  it('are read as they were made', () => {
    expect(roundTrip([SPAN])).toEqual([
      {
        name: 'infer m',
        kind: 2,
        traceId: SPAN.traceId,
        spanId: SPAN.spanId,
        parentSpanId: SPAN.parentSpanId,
        traceState: 'vendor=1',
        startNs: 1_750_000_000_000_250_000n,
        endNs: 1_750_000_000_001_500_000n,
        attributes: SPAN.attributes,
        links: SPAN.links,
        isError: true,
        resource: SETUP.resource,
      },
    ]);
  });

  it('may be without a parent, attributes and links', () => {
    const bare = { ...SPAN, parentSpanId: undefined, state: undefined, attributes: {}, links: [], isError: false };
    expect(roundTrip([bare, SPAN])).toMatchObject([
      { parentSpanId: '', traceState: '', attributes: {}, links: [], isError: false },
      { name: 'infer m' },
    ]);
  });
});

it('an answer says how many spans the collector has rejected', () => {
  const protobuf = createSerializer(SETUP, 'protobuf');
  expect(protobuf.decodeRejected(encodeOtlpRejection(3, 'too old'))).toEqual({ rejected: 3, message: 'too old' });
  expect(protobuf.decodeRejected(new Uint8Array())).toEqual({ rejected: 0, message: '' });
  const json = Buffer.from('{"partialSuccess":{"rejectedSpans":"2","errorMessage":"no"}}');
  expect(createSerializer(SETUP, 'json').decodeRejected(json)).toEqual({ rejected: 2, message: 'no' });
});
