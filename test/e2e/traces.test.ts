import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VERSION } from '../../src/version.js';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { type OtlpReceiver, startOtlpReceiver } from '../support/otlp-receiver.js';
import type { ReceivedSpan } from '../support/otlp-spans.js';
import { treeOf } from '../support/span-tree.js';

/** A model `x FP32[1] → y FP32[1]` in JavaScript. */
const model = (infer: string) =>
  `export default { inputs: { x: 'FP32[1]' }, outputs: { y: 'FP32[1]' }, concurrency: 16, infer: ${infer} };`;

const ECHO = `runtime: echo
inputs: [{ name: x, datatype: FP32, shape: [-1, 1] }]
outputs: [{ name: y, datatype: FP32, shape: [-1, 1] }]
`;

const MODELS = {
  'plus/1/model.js': model('({ inputs }) => ({ y: [inputs.x.data[0] + 1] })'),
  'calls/1/model.js': model(`async ({ inputs }, { model }) => {
    const { outputs } = await model('plus').infer({ x: inputs.x });
    return { y: outputs.y };
  }`),
  'breaks/1/model.js': `export default {
    inputs: { t: 'BYTES[1]' }, outputs: { t: 'BYTES[1]' },
    infer: ({ inputs }) => { throw new Error('it is ' + inputs.t.data[0]) },
  };`,
  'shows/1/model.js': `export default {
    inputs: { x: 'FP32[1]' }, outputs: { t: 'BYTES[1]' },
    infer: ({ traceparent }) => ({ t: [traceparent] }),
  };`,
  'linked/1/model.js': model('({ inputs }) => ({ y: inputs.x })'),
  'continued/1/model.js': model('({ inputs }) => ({ y: inputs.x })'),
  'unsampled/1/model.js': model('({ inputs }) => ({ y: inputs.x })'),
  'exits/1/model.js': model('() => process.exit(3)'),
  'batched/model.yaml': `${ECHO}maxBatchSize: 8
batching: { enabled: true, maxQueueDelayMs: 10000 }
`,
  'batched/1/': '',
};

const STAGES = ['authenticate', 'decode', 'encode'];
const KEYS = { ada: 'ada-key-0123456789abcdef', gateway: 'gateway-key-0123456789' };
const MARKER = 'zaphod-beeblebrox';

const ROUTES = {
  api: {
    arms: [
      { model: 'exits', weight: 1 },
      { model: 'calls', weight: 0 },
    ],
    fallback: ['calls'],
  },
};

let receiver: OtlpReceiver;
let server: AppServer;
beforeAll(async () => {
  receiver = await startOtlpReceiver();
  server = await startAppServer(MODELS, {
    routes: ROUTES,
    auth: { keys: Object.entries(KEYS).map(([name, key]) => ({ name, key, scopes: ['infer'] as const })) },
    engine: { restartBackoffMs: 3_600_000, maxRestartBackoffMs: 3_600_000 },
    telemetry: {
      otlp: {
        endpoint: receiver.endpoint,
        headers: { authorization: 'Bearer t' },
        resource: { 'deployment.environment.name': 'test' },
      },
      traces: { rate: 1, maxPerSecond: 1_000 },
      trustParent: { principals: ['gateway'] },
    },
  });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});

const ask = (name: string, headers: Readonly<Record<string, string>> = {}, shape: readonly number[] = [1]) =>
  server.infer(
    name,
    { inputs: [{ name: 'x', datatype: 'FP32', shape, data: [4] }] },
    { authorization: `Bearer ${KEYS.ada}`, ...headers },
  );

const INFER = 'POST /v2/models/{model}/infer';

const named = (spans: readonly ReceivedSpan[], name: string) => spans.find((span) => span.name === name);

describe('a traced request', () => {
  it('is a tree of spans in one trace, over its attempts and what its model calls', async () => {
    await ask('exits');
    const { status } = await ask('api', { 'x-request-id': 'abc' });
    expect(status).toBe(200);
    const all = await receiver.trace('infer calls', 9);
    // Stages are spans where they have taken long.
    const spans = all.filter(({ name }) => !STAGES.includes(name));
    const below = [{ queue: [] }, { run: [] }, { 'infer plus': [{ queue: [] }, { run: [] }] }];
    expect(treeOf(spans)).toEqual({ [INFER]: [{ 'infer exits': expect.anything() }, { 'infer calls': below }] });
    expect(named(spans, INFER)).toMatchObject({
      kind: 2,
      isError: false,
      traceState: '',
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/v2/models/{model}/infer',
        'http.response.status_code': 200,
        'url.path': '/v2/models/api/infer',
        'client.address': '127.0.0.1',
        'millrace.request_id': 'abc',
        'millrace.principal': 'ada',
        'millrace.route': 'api',
        'millrace.route.arm': 'calls',
        'millrace.decode_us': expect.any(Number),
      },
      resource: {
        'service.name': 'millrace',
        'service.version': VERSION,
        'service.instance.id': expect.stringMatching(/^[0-9a-f-]{36}$/),
        'deployment.environment.name': 'test',
      },
    });
    expect(named(spans, 'infer exits')).toMatchObject({ isError: true, attributes: { 'error.type': 'unavailable' } });
    expect(named(spans, 'infer plus')?.attributes['millrace.callers']).toEqual(['calls']);
    expect(receiver.headers[0]).toMatchObject({
      'content-type': 'application/x-protobuf',
      authorization: 'Bearer t',
    });
  });

  it('passes its trace on to the script that runs it', async () => {
    const { body } = await ask('shows');
    const spans = await receiver.trace('infer shows', 4);
    const attempt = named(spans, 'infer shows');
    expect(body.outputs[0].data).toEqual([`00-${attempt?.traceId}-${attempt?.spanId}-01`]);
  });

  it('of a batch is linked to the span of the batch, and that to all of its members', async () => {
    await Promise.all(Array.from({ length: 8 }, () => ask('batched', {}, [1, 1])));
    const [batch] = await receiver.trace('batch batched', 1);
    expect(batch?.attributes).toMatchObject({ 'millrace.batch.requests': 8, 'millrace.batch.reason': 'full' });
    const attempts = receiver.spans.filter(({ name }) => name === 'infer batched');
    const byId = (a: { spanId: string }, b: { spanId: string }) => a.spanId.localeCompare(b.spanId);
    expect(batch?.links.toSorted(byId)).toEqual(
      attempts.map(({ traceId, spanId }) => ({ traceId, spanId })).toSorted(byId),
    );
    const runs = receiver.spans.filter(
      ({ name, attributes }) => name === 'run' && attributes['millrace.batch.rows'] === 8,
    );
    expect(runs.map(({ links }) => links)).toEqual(Array(8).fill([{ traceId: batch?.traceId, spanId: batch?.spanId }]));
  });

  it('of a caller who is not trusted is linked to the trace of that', async () => {
    await ask('linked', { traceparent: `00-${'c'.repeat(32)}-${'d'.repeat(16)}-00`, tracestate: 'vendor=1' });
    const spans = await receiver.trace('infer linked', 4);
    const server = spans.find(({ kind }) => kind === 2);
    expect(server).toMatchObject({ parentSpanId: '', traceState: '' });
    expect(server?.links).toEqual([{ traceId: 'c'.repeat(32), spanId: 'd'.repeat(16) }]);
  });

  it('of a trusted caller continues the trace of that, or is none as that is none', async () => {
    await ask('unsampled', {
      authorization: `Bearer ${KEYS.gateway}`,
      traceparent: `00-${'a'.repeat(32)}-${'d'.repeat(16)}-00`,
    });
    await ask('continued', {
      authorization: `Bearer ${KEYS.gateway}`,
      traceparent: `00-${'b'.repeat(32)}-${'d'.repeat(16)}-01`,
      tracestate: 'vendor=1',
    });
    const spans = await receiver.trace('infer continued', 4);
    expect(spans.find(({ kind }) => kind === 2)).toMatchObject({
      traceId: 'b'.repeat(32),
      parentSpanId: 'd'.repeat(16),
      traceState: 'vendor=1',
      links: [],
    });
    expect(receiver.spans.some(({ name }) => name === 'infer unsampled')).toBe(false);
  });
});

describe('a marker in all that a caller sends', () => {
  it('is in no span', async () => {
    const { status } = await server.infer(
      'breaks',
      {
        id: MARKER,
        parameters: { [MARKER]: MARKER },
        inputs: [{ name: 't', datatype: 'BYTES', shape: [1], data: [MARKER] }],
      },
      {
        authorization: `Bearer ${KEYS.ada}`,
        'user-agent': MARKER,
        baggage: `k=${MARKER}`,
        'x-own': MARKER,
        cookie: `k=${MARKER}`,
      },
    );
    expect(status).toBe(500);
    await server.send(`POST /v2/models/breaks/infer?q=${MARKER}`, `{"${MARKER}"`, {
      authorization: `Bearer ${KEYS.ada}`,
    });
    await server.send(`POST /${MARKER}`);
    await receiver.trace('POST', 1);
    expect(receiver.spans.some(({ name }) => name === 'infer breaks')).toBe(true);
    const plain = JSON.stringify(receiver.spans, (_, value) => (typeof value === 'bigint' ? `${value}` : value));
    expect(plain).not.toContain(MARKER);
  });
});
