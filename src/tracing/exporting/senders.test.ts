import { afterEach, describe, expect, it } from 'vitest';
import { encodeOtlpRejection } from '../../../test/support/otlp-messages.js';
import { startOtlpGrpcReceiver, startOtlpReceiver } from '../../../test/support/otlp-receiver.js';
import type { OtlpOptions } from '../options.js';
import type { Span } from '../spans/span.js';
import type { ExportSetup } from './messages.js';
import { createGrpcSender } from './send-grpc.js';
import { createHttpSender } from './send-http.js';
import { createSerializer } from './serialize.js';

const SPAN: Span = {
  name: 'infer m',
  kind: 0,
  traceId: 'a'.repeat(32),
  spanId: 'b'.repeat(16),
  parentSpanId: undefined,
  hasRemoteParent: false,
  state: undefined,
  startMs: 1,
  endMs: 2,
  attributes: {},
  links: [],
  isError: false,
};

const closing: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of closing.splice(0)) await each[Symbol.asyncDispose]();
});

/** Sends the span once. */
function createExport(endpoint: string, protocol: OtlpOptions['protocol'], given: Partial<ExportSetup> = {}) {
  const own = { endpoint, protocol, headers: { authorization: 'Bearer t' }, timeoutMs: 20_000, ca: undefined };
  const setup: ExportSetup = { ...own, resource: {}, version: '1', ...given };
  const serializer = createSerializer(setup, protocol === 'http/json' ? 'json' : 'protobuf');
  const send =
    protocol === 'grpc' ? createGrpcSender(setup, serializer) : createHttpSender(setup, protocol, serializer);
  return () => send(serializer.encode([SPAN]));
}

const TAKEN = { outcome: 'taken', rejected: 0, message: '' };

describe.each(['http/protobuf', 'http/json'] as const)('OTLP by %s', (protocol) => {
  async function start() {
    const receiver = await startOtlpReceiver();
    closing.push(receiver);
    return receiver;
  }

  it('reaches a collector', async () => {
    const receiver = await start();
    expect(await createExport(`${receiver.endpoint}/`, protocol)()).toEqual(TAKEN);
    expect(receiver.spans).toMatchObject([{ name: 'infer m', spanId: SPAN.spanId }]);
    const type = protocol === 'http/json' ? 'application/json' : 'application/x-protobuf';
    expect(receiver.headers).toMatchObject([{ authorization: 'Bearer t', 'content-type': type }]);
  });

  it('is sent again after a status that says so, and not after others', async () => {
    const receiver = await start();
    const send = createExport(receiver.endpoint, protocol);
    receiver.answers.push({ status: 503, headers: { 'retry-after': '7' } }, { status: 429 }, { status: 400 });
    expect([await send(), await send(), await send()]).toEqual([
      { outcome: 'retry', message: 'it answered with status 503', retryAfterMs: 7_000 },
      { outcome: 'retry', message: 'it answered with status 429', retryAfterMs: undefined },
      { outcome: 'refused', message: 'it answered with status 400' },
    ]);
  });

  it('is sent again where nothing listens', async () => {
    const receiver = await startOtlpReceiver();
    const { port } = new URL(receiver.endpoint);
    await receiver[Symbol.asyncDispose]();
    expect(await createExport(receiver.endpoint, protocol)()).toEqual({
      outcome: 'retry',
      message: `connect ECONNREFUSED 127.0.0.1:${port}`,
      retryAfterMs: undefined,
    });
  });

  it('takes an answer that cannot be read for what its status says', async () => {
    const receiver = await start();
    receiver.answers.push({ status: 200, body: '\xff\xff' });
    expect(await createExport(receiver.endpoint, protocol)()).toEqual(TAKEN);
  });

  it('does not keep an answer without end', async () => {
    const receiver = await start();
    receiver.answers.push({ status: 200, body: Buffer.alloc(70_000) });
    expect(await createExport(receiver.endpoint, protocol)()).toMatchObject({
      outcome: 'retry',
      message: 'its answer is larger than 65536 bytes',
    });
  });
});

it('spans that the collector has rejected are known', async () => {
  const receiver = await startOtlpReceiver();
  closing.push(receiver);
  receiver.answers.push({ status: 200, body: encodeOtlpRejection(1, 'too old') });
  expect(await createExport(receiver.endpoint, 'http/protobuf')()).toEqual({
    outcome: 'taken',
    rejected: 1,
    message: 'too old',
  });
});

describe('OTLP by gRPC', () => {
  it('reaches a collector, over one session', async () => {
    const receiver = await startOtlpGrpcReceiver();
    closing.push(receiver);
    const send = createExport(receiver.endpoint, 'grpc');
    expect([await send(), await send()]).toEqual([TAKEN, TAKEN]);
    expect(receiver.spans).toMatchObject([{ name: 'infer m' }, { name: 'infer m' }]);
    expect(receiver.metadata[0]).toMatchObject({ authorization: 'Bearer t' });
  });

  it('is sent again after a status that says so, and not after others', async () => {
    const receiver = await startOtlpGrpcReceiver();
    closing.push(receiver);
    receiver.refusals.push(14, 16);
    const send = createExport(receiver.endpoint, 'grpc');
    expect([await send(), await send()]).toEqual([
      { outcome: 'retry', message: 'it answered with gRPC status 14 (not now)', retryAfterMs: undefined },
      { outcome: 'refused', message: 'it answered with gRPC status 16 (not now)' },
    ]);
  });

  it('is sent again where nothing listens, or something else does', async () => {
    const http = await startOtlpReceiver();
    const { port } = new URL(http.endpoint);
    const send = createExport(http.endpoint, 'grpc');
    expect(await send()).toMatchObject({ outcome: 'retry' });
    await http[Symbol.asyncDispose]();
    expect(await send()).toEqual({
      outcome: 'retry',
      message: `connect ECONNREFUSED 127.0.0.1:${port}`,
      retryAfterMs: undefined,
    });
  });
});
