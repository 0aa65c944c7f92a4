import { afterAll, beforeAll, expect, it } from 'vitest';
import { type OtlpReceiver, startOtlpReceiver } from '../support/otlp-receiver.js';
import type { ReceivedSpan } from '../support/otlp-spans.js';
import { treeOf } from '../support/span-tree.js';
import { TRAFFIC_CALLS } from '../support/traffic-calls.js';
import { TrafficServer } from '../support/traffic-server.js';

const MARKER = 'zaphod-beeblebrox';
const FEW = { max_tokens: 2, temperature: 0 };
/** Texts in all places of requests that carry some. */
const TEXTS: readonly (readonly [path: string, body: object])[] = [
  [
    '/v1/chat/completions',
    { model: 'kjv', ...FEW, messages: [{ role: 'user', content: MARKER }], user: MARKER, stop: [MARKER] },
  ],
  ['/v1/chat/completions', { model: 'kjv', ...FEW, stream: true, messages: [{ role: 'user', content: MARKER }] }],
  ['/v1/completions', { model: 'kjv', ...FEW, prompt: MARKER, stop: [MARKER] }],
  ['/v1/responses', { model: 'kjv', input: MARKER, max_output_tokens: 2, metadata: { k: MARKER } }],
  ['/v2/models/kjv/generate', { text_input: MARKER, ...FEW }],
  ['/v1/embeddings', { model: 'vectors', input: MARKER, user: MARKER }],
  ['/v2/rerank', { model: 'scores', query: MARKER, documents: [MARKER] }],
];
const HEADERS = {
  'content-type': 'application/json',
  'user-agent': MARKER,
  baggage: `k=${MARKER}`,
  cookie: `k=${MARKER}`,
  'x-own': MARKER,
  traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
  tracestate: `k=${MARKER}`,
};
const SERVER = 2;
const ATTEMPT = /^(?:infer|chat|text_completion) /;

let receiver: OtlpReceiver;
let traffic: TrafficServer;
beforeAll(async () => {
  receiver = await startOtlpReceiver();
  traffic = await TrafficServer.start({
    telemetry: { otlp: { endpoint: receiver.endpoint }, traces: { rate: 1, maxPerSecond: 1_000 } },
  });
});
afterAll(async () => {
  await traffic[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});

const spansOf = ({ traceId }: ReceivedSpan) => receiver.spans.filter((span) => span.traceId === traceId);
const requests = () => receiver.spans.filter(({ kind }) => kind === SERVER);

it('a request of every dialect is a trace, with its attempts below the request', async () => {
  for (const call of TRAFFIC_CALLS) await traffic.ask(call, call.kind);
  // Spans of a request may come in two groups, its own last.
  const whole = () => requests().filter((request) => spansOf(request).some(({ name }) => ATTEMPT.test(name)));
  const expected = TRAFFIC_CALLS.reduce((sum, { steps }) => sum + steps, 0);
  while (whole().length < expected) await receiver.requested();
  for (const request of whole()) {
    const [root, ...others] = Object.keys(treeOf(spansOf(request)));
    expect([root, others]).toEqual([request.name, []]);
    const attempts = spansOf(request).filter(({ name }) => ATTEMPT.test(name));
    expect(attempts.map(({ parentSpanId }) => parentSpanId)).toEqual(attempts.map(() => request.spanId));
  }
  const systems = new Set(whole().map(({ attributes }) => attributes['rpc.system.name'] ?? 'http'));
  expect(systems).toEqual(new Set(['http', 'grpc']));
});

it('a marker in all texts and headers that callers send is in no span, log line or metric', async () => {
  const { send, log, addresses } = traffic.server;
  const before = requests().length;
  for (const [path, body] of TEXTS) {
    const { status } = await send(`POST ${path}`, JSON.stringify(body), HEADERS);
    expect([path, status]).toEqual([path, 200]);
  }
  while (requests().length < before + TEXTS.length) await receiver.requested();
  const metrics = await fetch(`http://127.0.0.1:${addresses.metrics?.port}/metrics`);
  const text = (value: unknown) => JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? `${each}` : each));
  expect(text(receiver.spans)).not.toContain(MARKER);
  expect(text(log)).not.toContain(MARKER);
  expect(await metrics.text()).not.toContain(MARKER);
});
