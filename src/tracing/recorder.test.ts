import { expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.js';
import { finishedCall, grpcFinished, httpFinished, inferFinished, REF } from '../../test/support/finished.js';
import { principalWith } from '../../test/support/principals.js';
import { attemptSpanId, Call, EventBus, endAttempt, LazyTrace, MillraceError } from '../core/index.js';
import { startRecorder } from './recorder.js';
import type { Span } from './spans/span.js';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const ROOT = '00f067aa0ba902b7';

function createFixture() {
  const events = new EventBus();
  const clock = new FakeClock();
  const spans: Span[] = [];
  const stop = startRecorder({
    events,
    clock,
    tail: { maxBytes: 100_000, maxRequests: 4, maxPerSecond: 2 },
    baggage: new Set(['tier']),
    take: (taken) => spans.push(...taken),
  });
  return { events, clock, spans, stop };
}

/** Times in microseconds since the request came in. */
const linesOf = ({ epochMs }: FakeClock, spans: readonly Span[]) =>
  spans.map(({ name, startMs, endMs }) => {
    const at = (ms: number) => Math.round((ms - epochMs - 100) * 1_000);
    return `${name} ${at(startMs)}-${at(endMs)}`;
  });

it('a request becomes spans once all that is ready has been answered', async () => {
  const { events, clock, spans } = createFixture();
  const call = finishedCall({ answeredBy: REF, resolvedAt: 100.5 });
  events.publish('inferFinished', inferFinished({ call }));
  events.publish('httpFinished', httpFinished({ call, durationMs: 9.5, error: undefined, status: 200 }));
  expect(spans).toEqual([]);
  await clock.flush();
  expect(linesOf(clock, spans)).toEqual([
    'infer mlp 500-900000',
    'queue 2000-4500',
    'run 4500-8500',
    'POST /v2/models/{m}/infer 0-9500',
    'decode 0-1000',
    'encode 8500-8700',
  ]);
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE_ID]));
  const attempt = attemptSpanId(ROOT, 0);
  expect(spans.map(({ parentSpanId }) => parentSpanId)).toEqual([ROOT, attempt, attempt, undefined, ROOT, ROOT]);
});

it('a request without a trace becomes nothing', async () => {
  const { events, clock, spans, stop } = createFixture();
  const traced = finishedCall();
  const call = { ...traced, timing: traced.timing, trace: { ...traced.trace, sampled: false } } as Call;
  events.publish('inferFinished', inferFinished({ call }));
  events.publish('httpFinished', httpFinished({ call }));
  events.publish('grpcFinished', grpcFinished({ call }));
  await clock.flush();
  expect(spans).toEqual([]);
  stop();
});

it('each attempt is a span, with the queue and the run of its own', async () => {
  const { events, clock, spans } = createFixture();
  const call = finishedCall({ answeredBy: { ...REF, name: 'old' }, route: 'api', arm: 'a', finishedAt: 106 });
  endAttempt(call.timing, new MillraceError('unavailable', 'secret text'));
  const second = { enqueuedAt: 107, dequeuedAt: 108, startedAt: 108, finishedAt: 109, batchId: 4, instance: 'mlp/3#0' };
  Object.assign(call.timing, { ...second, answeredBy: REF, arm: 'b' });
  events.publish('inferFinished', inferFinished({ call }));
  await clock.flush();
  expect(linesOf(clock, spans)).toEqual([
    'infer old 0-6000',
    'queue 2000-4500',
    'run 4500-6000',
    'infer mlp 6000-900000',
    'queue 7000-8000',
    'run 8000-9000',
  ]);
  const [first, , , next] = spans;
  expect([first?.isError, next?.isError]).toEqual([true, false]);
  expect([first?.spanId, next?.spanId]).toEqual([attemptSpanId(ROOT, 0), attemptSpanId(ROOT, 1)]);
  expect([first?.attributes, next?.attributes]).toMatchObject([
    { 'error.type': 'unavailable', 'millrace.route': 'api', 'millrace.route.arm': 'a' },
    { 'millrace.route.arm': 'b', 'millrace.attempt': 2 },
  ]);
  expect(JSON.stringify(spans)).not.toContain('secret text');
});

it('what never left its queue has ended in it', async () => {
  const { events, clock, spans } = createFixture();
  const call = finishedCall({ dequeuedAt: 0, startedAt: 0, finishedAt: 0 });
  const error = new MillraceError('deadline_exceeded', 'too late');
  events.publish('inferFinished', inferFinished({ call, error, ref: undefined }));
  await clock.flush();
  expect(spans.map(({ name, isError }) => [name, isError])).toEqual([
    ['infer mlp', true],
    ['queue', true],
  ]);
});

it('what a model calls is below its attempt, and a message of a stream below the stream', async () => {
  const { events, clock, spans } = createFixture();
  const stream = finishedCall();
  const message = stream.child({ receivedAt: 100 });
  const called = message.child({ receivedAt: 101, caller: 'mlp' });
  for (const call of [called, message]) events.publish('inferFinished', inferFinished({ call }));
  events.publish('grpcFinished', grpcFinished({ call: stream }));
  await clock.flush();
  const [inner, outer, server] = spans;
  expect(inner?.parentSpanId).toBe(outer?.spanId);
  expect(outer?.parentSpanId).toBe(server?.spanId);
  expect(inner?.attributes['millrace.callers']).toEqual(['mlp']);
});

it('a gRPC call is named by its method, and only some statuses are errors', async () => {
  const { events, clock, spans } = createFixture();
  const error = new MillraceError('not_found', 'no such model');
  events.publish('grpcFinished', grpcFinished({ status: 5, error }));
  events.publish('grpcFinished', grpcFinished({ status: 14, method: '' }));
  await clock.flush();
  expect(spans.filter(({ kind }) => kind === 1)).toMatchObject([
    {
      name: 'inference.GRPCInferenceService/ModelInfer',
      isError: false,
      attributes: {
        'rpc.system.name': 'grpc',
        'rpc.method': 'inference.GRPCInferenceService/ModelInfer',
        'rpc.status_code': 'NOT_FOUND',
        'error.type': 'not_found',
      },
    },
    { name: '_OTHER', isError: true, attributes: { 'rpc.status_code': 'UNAVAILABLE' } },
  ]);
});

it('a path that no route has taken is not shown', async () => {
  const { events, clock, spans } = createFixture();
  events.publish('httpFinished', httpFinished({ route: '', path: '/whatever', status: 404 }));
  await clock.flush();
  expect(spans[0]).toMatchObject({ name: 'POST', isError: false });
  expect(JSON.stringify(spans)).not.toContain('/whatever');
});

it('probes and scrapes are no traces, but parts of one that a trusted caller has begun', async () => {
  const { events, clock, spans } = createFixture();
  const root = finishedCall();
  const continued = { ...root, timing: root.timing, trace: { ...root.trace, parentSpanId: 'f'.repeat(16) } } as Call;
  const health = '/grpc.health.v1.Health/Check';
  for (const call of [root, continued]) {
    events.publish('httpFinished', httpFinished({ method: 'GET', route: '/v2/health/ready', call }));
    events.publish('grpcFinished', grpcFinished({ method: health, call }));
  }
  await clock.flush();
  const servers = spans.filter(({ kind }) => kind === 1);
  expect(servers.map(({ name, parentSpanId, hasRemoteParent }) => [name, parentSpanId, hasRemoteParent])).toEqual([
    ['GET /v2/health/ready', 'f'.repeat(16), true],
    ['grpc.health.v1.Health/Check', 'f'.repeat(16), true],
  ]);
});

it('a trace that is linked to one of its caller says so', async () => {
  const { events, clock, spans } = createFixture();
  const root = finishedCall();
  const link = { traceId: 'd'.repeat(32), spanId: 'e'.repeat(16) };
  const call = { ...root, timing: root.timing, trace: { ...root.trace, link } } as Call;
  events.publish('httpFinished', httpFinished({ call }));
  await clock.flush();
  expect(spans[0]?.links).toEqual([link]);
});

it('a request to a model that generates has the attributes of generative AI, and no text', async () => {
  const { events, clock, spans } = createFixture();
  const usage = { promptTokens: 12, cachedTokens: 8, completionTokens: 5, reasoningTokens: 2 };
  const call = finishedCall({ answeredBy: REF, usage, finishReason: 'length', firstResponseAt: 350 });
  const { request, ...event } = inferFinished({ call });
  const generation = { maxTokens: 5, temperature: 0.5, topP: 0.9, topK: 4, seed: 7, stop: ['secret'] };
  const chat = { name: 'chat_input', datatype: 'BYTES', shape: [1], data: Buffer.from('secret') } as const;
  const plain = request as NonNullable<typeof request>;
  for (const inputs of [[chat], []]) {
    events.publish('inferFinished', { ...event, request: { ...plain, inputs, generation } });
  }
  await clock.flush();
  const attempts = spans.filter(({ attributes }) => attributes['gen_ai.operation.name'] !== undefined);
  expect(attempts.map(({ name }) => name)).toEqual(['chat mlp', 'text_completion mlp']);
  expect(attempts[0]?.attributes).toMatchObject({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'millrace',
    'gen_ai.request.model': 'mlp',
    'gen_ai.request.max_tokens': 5,
    'gen_ai.request.temperature': 0.5,
    'gen_ai.request.top_p': 0.9,
    'gen_ai.request.top_k': 4,
    'gen_ai.request.seed': 7,
    'gen_ai.response.model': 'mlp/3',
    'gen_ai.response.finish_reasons': ['length'],
    'gen_ai.response.time_to_first_chunk': 0.25,
    'gen_ai.usage.input_tokens': 12,
    'gen_ai.usage.cache_read.input_tokens': 8,
    'gen_ai.usage.output_tokens': 5,
    'gen_ai.usage.reasoning.output_tokens': 2,
  });
  expect(JSON.stringify(spans)).not.toContain('secret');
});

it('a copy for a shadow has a trace of its own, linked to the request', async () => {
  const { events, clock, spans } = createFixture();
  const origin = finishedCall();
  const call = origin.detached({ receivedAt: 110, deadlineAt: 1, account: 'none' });
  events.publish('copyFinished', inferFinished({ call }));
  await clock.flush();
  const [root, attempt] = spans;
  expect(root).toMatchObject({
    name: 'shadow mlp',
    parentSpanId: undefined,
    links: [{ traceId: TRACE_ID, spanId: ROOT }],
    attributes: { 'millrace.shadow': true, 'millrace.request_id': 'req-1' },
  });
  expect(root?.traceId).not.toBe(TRACE_ID);
  expect(attempt).toMatchObject({ name: 'infer mlp', parentSpanId: root?.spanId, traceId: root?.traceId });
});

it('of baggage, allowed keys are shown', async () => {
  const { events, clock, spans } = createFixture();
  const root = finishedCall();
  const metadata = { baggage: 'tier=gold,secret=s' };
  const call = { ...root, timing: root.timing, trace: root.trace, metadata } as unknown as Call;
  events.publish('httpFinished', httpFinished({ call }));
  await clock.flush();
  expect(spans[0]?.attributes['baggage.tier']).toBe('gold');
  expect(JSON.stringify(spans)).not.toContain('secret');
});

it('a request that was not sampled is sent where it has failed, and not where its caller has said that it is no trace', async () => {
  const { events, clock, spans } = createFixture();
  const error = new MillraceError('internal', 'boom');
  const callWith = (parentSpanId: string | undefined) =>
    new Call({
      requestId: 'r',
      principal: principalWith('ada'),
      trace: new LazyTrace(parentSpanId && TRACE_ID, { parentSpanId, sampled: false, state: undefined }),
      deadlineAt: 1,
      receivedAt: 0,
    });
  for (const call of [callWith('f'.repeat(16)), callWith(undefined)]) {
    events.publish('inferFinished', inferFinished({ call, error }));
    events.publish('httpFinished', httpFinished({ call, error, status: 500 }));
  }
  await clock.flush();
  expect(spans.map(({ name, isError }) => [name, isError])).toEqual([
    ['POST /v2/models/{m}/infer', true],
    ['infer mlp', true],
  ]);
  expect(spans[0]?.traceId).not.toBe(TRACE_ID);
});
