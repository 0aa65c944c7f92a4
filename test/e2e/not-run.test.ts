import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { requestBytes } from '../support/grpc-messages.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { until } from '../support/until.js';

const echo = (...more: readonly string[]) =>
  [
    'runtime: echo',
    'maxBatchSize: 0',
    'inputs: [{ name: x, datatype: FP32, shape: [2] }]',
    'outputs: [{ name: y, datatype: FP32, shape: [2] }]',
    ...more,
  ].join('\n');
const entry = (kind: string, key: string, value: string) => `${kind} { key: "${key}" value: "${value}" }`;
const step = (model: string, from: string, to: string) =>
  `{ model_name: "${model}" model_version: -1 ${entry('input_map', 'x', from)} ${entry('output_map', 'y', to)} }`;
const MODELS = {
  'free/model.yaml': echo('echo: { faults: true }'),
  'free/1/': '',
  'busy/model.yaml': echo('echo: { faults: true }', 'queue: { maxRequests: 1 }'),
  'busy/1/': '',
  'broken/model.yaml': 'runtime: onnx',
  'broken/1/model.onnx': 'no model',
  'steps/config.pbtxt': `platform: "ensemble"
    input [ { name: "x" data_type: TYPE_FP32 dims: [2] } ] output [ { name: "y" data_type: TYPE_FP32 dims: [2] } ]
    ensemble_scheduling { step [ ${step('free', 'x', 'mid')}, ${step('busy', 'mid', 'y')} ] }`,
  'steps/1/': '',
};
const request = (fault?: string) => ({
  inputs: [{ name: 'x', datatype: 'FP32', shape: [2], data: [1, 2] }],
  ...(fault !== undefined && { parameters: { fault } }),
});

let server: AppServer;
beforeAll(async () => {
  // Nothing is sent ahead to a busy runner.
  server = await startAppServer(MODELS, { engine: { prefetchBelowMs: 0 } });
  void server.infer('busy', request('hang')).catch(() => undefined);
  const gauges = () => server.app.engine.gauges().find(({ ref }) => ref.name === 'busy');
  await until('busy runs', () => gauges()?.executingRequests === 1);
  void server.infer('busy', request()).catch(() => undefined);
  await until('the queue of busy is full', () => gauges()?.queuedRequests === 1);
});
afterAll(async () => {
  await closeGrpcServers();
  await server[Symbol.asyncDispose]();
});

async function ask(model: string, body: object = request(), headers = {}) {
  const answer = await server.send(`POST /v2/models/${model}/infer`, JSON.stringify(body), headers);
  return { status: answer.status, notRun: answer.headers['x-millrace-not-run'] };
}

describe('a refusal says that the request was not run', () => {
  it('where a queue is full', async () => {
    expect(await ask('busy')).toEqual({ status: 503, notRun: 'true' });
  });

  it('where no version is ready', async () => {
    expect(await ask('broken')).toEqual({ status: 503, notRun: 'true' });
  });

  it('over gRPC, in a trailer', async () => {
    const client = new GrpcClient(`127.0.0.1:${server.grpcPort}`);
    const path = '/inference.GRPCInferenceService/ModelInfer';
    const input = { name: 'x', datatype: 'FP32', shape: [2], contents: { fp32_contents: [1, 2] } };
    const { status } = await client.unary(requestBytes(path, { model_name: 'busy', inputs: [input] }), { path });
    expect(status.code).toBe(14);
    expect(status.metadata.get('x-millrace-not-run')).toEqual(['true']);
  });
});

describe('an answer does not say so', () => {
  it('where all is well', async () => {
    expect(await ask('free')).toEqual({ status: 200, notRun: undefined });
  });

  it('where another server would refuse the request, too', async () => {
    expect(await ask('nope')).toEqual({ status: 404, notRun: undefined });
    expect(await ask('free', {})).toEqual({ status: 400, notRun: undefined });
  });

  it('where a runner died of the request', async () => {
    expect(await ask('free', request('exit'))).toEqual({ status: 503, notRun: undefined });
  });

  it('where a step of an ensemble has run', async () => {
    expect(await ask('steps')).toEqual({ status: 503, notRun: undefined });
  });

  it('where the request is stored as a job', async () => {
    expect(await ask('busy', request(), { prefer: 'respond-async' })).toEqual({ status: 202, notRun: undefined });
  });
});
