import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, jsonOf, startAppServer } from '../support/app-server.js';
import { buildOnnx, identityGraph } from '../support/onnx-builder.js';
import { type OtlpReceiver, startOtlpReceiver } from '../support/otlp-receiver.js';
import type { ReceivedSpan } from '../support/otlp-spans.js';
import { treeOf } from '../support/span-tree.js';

const fixture = (name: string) => readFileSync(path.resolve(import.meta.dirname, '../fixtures', name));

const ADD_ONE = buildOnnx({
  inputs: [{ name: 'x', type: 'float32', dims: ['n', 1] }],
  outputs: [{ name: 'y', type: 'float32', dims: ['n', 1] }],
  nodes: [{ op: 'Add', inputs: ['x', 'c'], outputs: ['y'] }],
  initializers: [{ name: 'c', type: 'float32', dims: [], data: Float32Array.of(1) }],
});

const tensor = (name: string) => `{ name: "${name}" data_type: TYPE_FP32 dims: [1] }`;
const ENSEMBLE = `platform: "ensemble" max_batch_size: 8
  input [ ${tensor('in')} ] output [ ${tensor('out')} ]
  ensemble_scheduling { step [ { model_name: "add" model_version: -1
    input_map { key: "x" value: "in" } output_map { key: "y" value: "out" } } ] }`;

const SCRIPT = `export default {
  inputs: { x: 'FP32[1,1]' }, outputs: { y: 'FP32[1,1]' },
  async infer({ inputs }, { model }) {
    const { outputs } = await model('chain').infer({ in: inputs.x });
    return { y: outputs.out };
  },
};`;

const TEMPLATE =
  '{% for message in messages %}{{ message.role }} said, {{ message.content }} {% endfor %}And he said, ';

const MODELS = {
  'add/1/model.onnx': ADD_ONE,
  'chain/1/': '',
  'chain/config.pbtxt': ENSEMBLE,
  'script/1/model.js': SCRIPT,
  'down/1/model.js': SCRIPT.replace('const {', 'process.exit(3); const {'),
  'shadowed/1/model.onnx': ADD_ONE,
  'pixels/1/model.onnx': buildOnnx(identityGraph([{ name: 'x', type: 'uint8', dims: ['n', 'h', 'w', 3] }], () => 'y')),
  'pixels/model.yaml': 'maxBatchSize: 4\ninputs: [{ name: x, image: { layout: NHWC } }]\n',
  'kjv/1/model.gguf': fixture('models/tiny-kjv.gguf'),
  'kjv/model.yaml': `llama: { contextTokens: 256, slots: 2, threads: 1, deterministic: true, chatTemplate: ${JSON.stringify(TEMPLATE)} }\n`,
};

const ROUTES = {
  api: {
    arms: [
      { model: 'down', weight: 1 },
      { model: 'script', weight: 0 },
    ],
    fallback: ['script'],
  },
  copied: { arms: [{ model: 'add', weight: 1 }], shadow: { model: 'shadowed' } },
};

const STAGES = ['authenticate', 'decode', 'encode'];
const INFER = 'POST /v2/models/{model}/infer';
const QUEUE_AND_RUN = [{ queue: [] }, { run: [] }];

let receiver: OtlpReceiver;
let server: AppServer;
beforeAll(async () => {
  receiver = await startOtlpReceiver();
  server = await startAppServer(MODELS, {
    routes: ROUTES,
    repository: { controlMode: 'explicit', loadModels: ['*'] },
    engine: { restartBackoffMs: 3_600_000, maxRestartBackoffMs: 3_600_000 },
    telemetry: {
      otlp: { endpoint: receiver.endpoint, protocol: 'http/json' },
      traces: { rate: 1, maxPerSecond: 1_000 },
    },
  });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});

const infer = (name: string, input = 'x') =>
  server.infer(name, { inputs: [{ name: input, datatype: 'FP32', shape: [1, 1], data: [4] }] });

/** Stages are spans where they have taken long. */
const withoutStages = (spans: readonly ReceivedSpan[]) => spans.filter(({ name }) => !STAGES.includes(name));

describe('one trace', () => {
  it('goes over a route with a fallback, a script and an ensemble to ONNX', async () => {
    await infer('down');
    const { body } = await infer('api');
    expect(body.outputs[0].data).toEqual([5]);
    const spans = withoutStages(await receiver.trace('infer add', 14));
    const chain = { 'infer chain': [...QUEUE_AND_RUN, { 'infer add': QUEUE_AND_RUN }] };
    const script = { 'infer script': [...QUEUE_AND_RUN, chain] };
    expect(treeOf(spans)).toEqual({ [INFER]: [{ 'infer down': expect.anything() }, script] });
  });

  it('shows what a chat takes, and none of its text', async () => {
    const body = {
      model: 'kjv',
      max_tokens: 6,
      temperature: 0,
      messages: [{ role: 'user', content: 'Who is Zaphod?' }],
    };
    const { status, headers } = await server.send('POST /v1/chat/completions', JSON.stringify(body), {
      'content-type': 'application/json',
    });
    expect([status, headers['content-type']]).toEqual([200, 'application/json']);
    const spans = withoutStages(await receiver.trace('chat kjv', 5));
    expect(treeOf(spans)).toEqual({
      'POST /v1/chat/completions': [{ 'chat kjv': [{ prepare: [] }, ...QUEUE_AND_RUN] }],
    });
    expect(spans.find(({ name }) => name === 'chat kjv')?.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'kjv',
      'gen_ai.request.max_tokens': 6,
      'gen_ai.request.temperature': 0,
      'gen_ai.response.model': 'kjv/1',
      'gen_ai.response.finish_reasons': ['length'],
      'gen_ai.usage.output_tokens': 6,
      'gen_ai.usage.input_tokens': expect.any(Number),
    });
    expect(JSON.stringify(spans.map(({ attributes }) => attributes))).not.toContain('Zaphod');
  });

  it('has the decoding of a photo', async () => {
    const { status } = await fetch(`http://127.0.0.1:${server.port}/v2/models/pixels/infer`, {
      method: 'POST',
      body: new Uint8Array(fixture('media/picture.png')),
      headers: { 'content-type': 'image/png' },
    });
    expect(status).toBe(200);
    const spans = withoutStages(await receiver.trace('infer pixels', 7));
    expect(treeOf(spans)).toEqual({
      [INFER]: [{ 'infer pixels': [{ 'infer millrace/image': QUEUE_AND_RUN }, ...QUEUE_AND_RUN] }],
    });
  });

  it('of a copy for a shadow is linked to the request', async () => {
    await infer('copied');
    const [shadow] = await receiver.trace('shadow shadowed', 4);
    const request = receiver.spans.find(({ attributes }) => attributes['millrace.route'] === 'copied');
    expect(shadow?.links).toEqual([{ traceId: request?.traceId, spanId: request?.parentSpanId || request?.spanId }]);
    expect(shadow?.traceId).not.toBe(request?.traceId);
  });

  it('of a job is linked to its submission', async () => {
    const request = { inputs: [{ name: 'in', datatype: 'FP32', shape: [1, 1], data: [4] }] };
    const headers = { 'content-type': 'application/json', prefer: 'respond-async', 'x-request-id': 'later' };
    const { status, body } = jsonOf(await server.send('POST /v2/models/chain/infer', JSON.stringify(request), headers));
    expect(status).toBe(202);
    await server.send(`GET /millrace/v1/jobs/${body.id}`, '', { prefer: 'wait=60' });
    const ran = () =>
      receiver.spans.filter(({ kind, attributes }) => kind === 2 && attributes['millrace.request_id'] === 'later');
    while (ran().length < 2) await receiver.requested();
    const [submitted, run] = ran();
    expect(run?.links).toEqual([{ traceId: submitted?.traceId, spanId: submitted?.spanId }]);
    expect(run?.traceId).not.toBe(submitted?.traceId);
  });
});
