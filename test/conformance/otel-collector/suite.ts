import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { writeOnnx } from '../../support/onnx-builder.js';
import type { ReceivedSpan } from '../../support/otlp-spans.js';
import { type SpanTree, treeOf } from '../../support/span-tree.js';
import { emptyFolder, inRoot } from '../harness/paths.js';
import { type ConformanceServer, startServer } from '../harness/server.js';
import { Tally } from '../harness/tally.js';
import { type RunningCollector, startCollector } from './collector.js';

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
const EXIT =
  "export default { inputs: { x: 'FP32[1,1]' }, outputs: { y: 'FP32[1,1]' }, infer: () => process.exit(3) };";
const BATCHED = `runtime: echo
maxBatchSize: 8
batching: { enabled: true, maxQueueDelayMs: 10000 }
inputs: [{ name: x, datatype: FP32, shape: [-1, 1] }]
outputs: [{ name: y, datatype: FP32, shape: [-1, 1] }]
`;
const CHAT = { model: 'kjv', max_tokens: 4, messages: [{ role: 'user', content: 'Who is Zaphod?' }] };
const TEMPLATE =
  '{% for message in messages %}{{ message.role }} said, {{ message.content }} {% endfor %}And he said, ';
const QUEUE_AND_RUN: readonly SpanTree[] = [{ queue: [] }, { run: [] }];
/** Spans of these stages are there where they have taken long. */
const STAGES = ['authenticate', 'decode', 'encode'];
const INFER = 'POST /v2/models/{model}/infer';

function writeModels(folder: string): string {
  const write = (file: string, text: string) => {
    const at = path.join(folder, file);
    mkdirSync(path.dirname(at), { recursive: true });
    writeFileSync(at, text);
    return at;
  };
  writeOnnx(write('add/1/model.onnx', ''), {
    inputs: [{ name: 'x', type: 'float32', dims: ['n', 1] }],
    outputs: [{ name: 'y', type: 'float32', dims: ['n', 1] }],
    nodes: [{ op: 'Add', inputs: ['x', 'c'], outputs: ['y'] }],
    initializers: [{ name: 'c', type: 'float32', dims: [], data: Float32Array.of(1) }],
  });
  write('chain/1/empty', '');
  write('chain/config.pbtxt', ENSEMBLE);
  write('script/1/model.js', SCRIPT);
  write('down/1/model.js', EXIT);
  write('batched/1/empty', '');
  write('batched/model.yaml', BATCHED);
  write(
    'kjv/model.yaml',
    `llama: { contextTokens: 256, slots: 2, threads: 1, chatTemplate: ${JSON.stringify(TEMPLATE)} }\n`,
  );
  copyFileSync(inRoot('test/fixtures/models/tiny-kjv.gguf'), write('kjv/1/model.gguf', ''));
  return folder;
}

type Protocol = 'http/protobuf' | 'http/json' | 'grpc';

function settingsOf(collector: RunningCollector, protocol: Protocol): string {
  const file = path.join(emptyFolder('otel-collector-settings', protocol.replace('/', '-')), 'millrace.json');
  const endpoint = protocol === 'grpc' ? collector.grpcEndpoint : collector.httpEndpoint;
  const arms = [
    { model: 'down', weight: 1 },
    { model: 'script', weight: 0 },
  ];
  const settings = {
    routes: { api: { arms, fallback: ['script'] } },
    engine: { restartBackoffMs: 3_600_000, maxRestartBackoffMs: 3_600_000 },
    telemetry: { otlp: { endpoint, protocol, serviceName: protocol }, traces: { rate: 1, maxPerSecond: 1_000 } },
  };
  writeFileSync(file, JSON.stringify(settings));
  return file;
}

async function send(server: ConformanceServer, route: string, body: object): Promise<number> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${server.url}${route}`, { method: 'POST', headers, body: JSON.stringify(body) });
  await answer.arrayBuffer();
  return answer.status;
}

const input = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [4] }] };

/** A route with a fallback, a chat, and a batch of eight. */
async function ask(server: ConformanceServer, tally: Tally): Promise<void> {
  await send(server, '/v2/models/down/infer', input);
  const statuses = [
    await send(server, '/v2/models/api/infer', input),
    await send(server, '/v1/chat/completions', CHAT),
    ...(await Promise.all(Array.from({ length: 8 }, () => send(server, '/v2/models/batched/infer', input)))),
  ];
  tally.check(
    statuses.every((status) => status === 200),
    `answered with ${statuses.join(', ')}`,
  );
}

/** The tree of the trace with a span of that name. */
function treeWith(spans: readonly ReceivedSpan[], name: string): SpanTree {
  const traceId = spans.find((span) => span.name === name)?.traceId;
  return treeOf(spans.filter((span) => span.traceId === traceId && !STAGES.includes(span.name)));
}

function checkTree(tally: Tally, actual: SpanTree, expected: SpanTree): void {
  tally.check(isDeepStrictEqual(actual, expected), `the trace is ${JSON.stringify(actual)}`);
}

function checkSpans(tally: Tally, spans: readonly ReceivedSpan[]): void {
  const chain = { 'infer chain': [...QUEUE_AND_RUN, { 'infer add': QUEUE_AND_RUN }] };
  const failed = { 'infer down': [] };
  checkTree(tally, treeWith(spans, 'infer add'), { [INFER]: [failed, { 'infer script': [...QUEUE_AND_RUN, chain] }] });
  checkTree(tally, treeWith(spans, 'chat kjv'), {
    'POST /v1/chat/completions': [{ 'chat kjv': [{ prepare: [] }, ...QUEUE_AND_RUN] }],
  });
  const batches = spans.filter(({ name }) => name === 'batch batched');
  tally.check(batches.length === 1 && batches[0]?.links.length === 8, `batches: ${JSON.stringify(batches[0]?.links)}`);
  const members = new Set(spans.filter(({ name }) => name === 'infer batched').map(({ spanId }) => spanId));
  tally.check(
    batches[0]?.links.every(({ spanId }) => members.has(spanId)) === true,
    'a link of the batch leads nowhere',
  );
  const text = JSON.stringify(spans, (_, value) => (typeof value === 'bigint' ? String(value) : value));
  tally.check(!text.includes('Zaphod'), 'a span has the text of a prompt');
}

/** What the OpenTelemetry Collector writes of the traces that this server sends, by each protocol. */
export async function run(): Promise<number> {
  const tally = new Tally();
  await using collector = await startCollector();
  const models = writeModels(emptyFolder('otel-collector-models'));
  for (const protocol of ['http/protobuf', 'http/json', 'grpc'] as const) {
    const server = await startServer([models, '--config', settingsOf(collector, protocol)]);
    try {
      await ask(server, tally);
    } finally {
      tally.check((await server.stop()) === 0, `the server did not end well: ${server.lastWords()}`);
    }
    const own = (spans: readonly ReceivedSpan[]) =>
      spans.filter(({ resource }) => resource['service.name'] === protocol);
    const isComplete = (spans: readonly ReceivedSpan[]) =>
      own(spans).filter(({ kind }) => kind === 2).length >= 11 &&
      own(spans).some(({ name }) => name === 'batch batched');
    checkSpans(tally, own(await collector.spans(isComplete)));
  }
  return tally.close();
}
