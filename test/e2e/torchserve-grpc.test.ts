import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INFERENCE_MESSAGES, MANAGEMENT_MESSAGES } from '../../src/protocols/torchserve/grpc/schema.js';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { requestBytes } from '../support/grpc-messages.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';

const X = '{ name: x, datatype: INT32, shape: [-1, 1] }';
const echo = (more: string) =>
  `runtime: echo\nmaxBatchSize: 8\ninstances: { placement: inline }\ninputs: [${X}]\noutputs: [${X}]\n${more}\n`;
const INFERENCE = '/org.pytorch.serve.grpc.inference.InferenceAPIsService/';
const MANAGEMENT = '/org.pytorch.serve.grpc.management.ManagementAPIsService/';

let server: AppServer;
let client: GrpcClient;
beforeAll(async () => {
  server = await startAppServer(
    {
      'a/1/': '',
      'a/2/': '',
      'a/model.yaml': echo('versions: all'),
      'many/1/': '',
      'many/model.yaml': echo('echo: { mode: repeat }\nbatching: { enabled: false }'),
      'sums/1/': '',
      'sums/model.yaml': echo('echo: { mode: accumulate }\nsequenceBatching: { maxIdleMs: 60000 }'),
      'later/1/': '',
      'later/model.yaml': echo(''),
    },
    {
      torchserve: { enabled: true, grpcPort: 0 },
      repository: { controlMode: 'explicit', loadModels: ['a', 'many', 'sums'] },
    },
  );
  client = new GrpcClient(server.addresses.dialects.torchserve?.grpc?.url ?? '');
});
afterAll(async () => {
  await closeGrpcServers();
  await server[Symbol.asyncDispose]();
});

const bytes = (text: string) => Buffer.from(text).toString('base64');
const predictionOf = (message: Uint8Array) => {
  // biome-ignore lint/suspicious/noExplicitAny: JSON of a message
  const { prediction, ...rest } = INFERENCE_MESSAGES.decodeToJson('PredictionResponse', message) as any;
  return { ...(prediction !== '' && { prediction: Buffer.from(prediction, 'base64').toString() }), ...rest };
};

async function manage(method: string, request: object) {
  const path = `${MANAGEMENT}${method}`;
  const { status: end, message: answer } = await client.unary(requestBytes(path, request), { path });
  if (end.code !== status.OK || answer === undefined) return [end.code, end.details];
  // biome-ignore lint/suspicious/noExplicitAny: JSON of a message
  return [(MANAGEMENT_MESSAGES.decodeToJson('ManagementResponse', answer) as any).msg];
}

async function predict(request: object) {
  const path = `${INFERENCE}Predictions`;
  const { status: end, message: answer } = await client.unary(requestBytes(path, request), { path });
  return end.code === status.OK && answer !== undefined ? predictionOf(answer).prediction : [end.code, end.details];
}

/** What comes of a stream of requests, and its end. */
async function stream(method: string, requests: readonly object[]) {
  const path = `${INFERENCE}${method}`;
  const opened = client.stream({ path });
  const answers: object[] = [];
  opened.on('data', (message: Buffer) => answers.push(predictionOf(message)));
  opened.on('error', () => undefined);
  for (const request of requests) opened.write(Buffer.from(requestBytes(path, request)));
  opened.end();
  const end = await new Promise<{ code: number; details: string }>((resolve) => opened.on('status', resolve));
  return end.code === status.OK ? answers : [...answers, [end.code, end.details]];
}

const asked = (model: string, value: string, more: object = {}) => ({
  model_name: model,
  input: { data: bytes(value) },
  ...more,
});

describe('predictions', () => {
  it('answer one request', async () => {
    expect(await predict(asked('a', '[7]'))).toBe('[7]');
    expect(await predict(asked('a', '[[7],[8]]', { model_version: '1.0' }))).toBe('[[7],[8]]');
    expect(await predict({ model_name: 'a', input: { x: bytes('[7]') } })).toBe('[7]');
  });

  it.each([
    ['no name', {}, status.INVALID_ARGUMENT, 'Parameter model_name is required.'],
    ['an unknown model', asked('nope', '[7]'), status.NOT_FOUND, "Request for unknown model: 'nope' is not found"],
    ['no data', { model_name: 'a' }, status.INVALID_ARGUMENT, 'request: expected data for the model, got none'],
    [
      'an unknown input',
      { model_name: 'a', input: { z: bytes('[7]') } },
      status.INVALID_ARGUMENT,
      "request: model 'a' has no input 'z'; its inputs are 'x'",
    ],
    [
      'a model of many answers',
      asked('many', '[7]'),
      status.UNIMPLEMENTED,
      "model 'many' may give several answers, which Predictions cannot carry; use StreamPredictions",
    ],
    [
      'a model of sequences',
      asked('sums', '[7]'),
      status.INVALID_ARGUMENT,
      'the model keeps sequences: use StreamPredictions2',
    ],
  ])('refuse %s', async (_, request, code, details) => {
    expect(await predict(request)).toEqual([code, details]);
  });

  it('come in pieces', async () => {
    expect(await stream('StreamPredictions', [asked('many', '[7]')])).toEqual([{ prediction: '[[7]]\n' }]);
    expect(await stream('StreamPredictions', [asked('a', '[7]')])).toEqual([{ prediction: '[7]' }]);
    expect(await stream('StreamPredictions', [asked('a', '[')])).toEqual([
      [status.INVALID_ARGUMENT, expect.any(String)],
    ]);
    expect(await stream('StreamPredictions', [])).toEqual([
      [status.INVALID_ARGUMENT, 'StreamPredictions takes one request, got none'],
    ]);
  });

  it('belong to sequences, with errors among them', async () => {
    const step = (value: string, more: object = {}) => asked('sums', value, { sequence_id: 's', ...more });
    const last = { input: { data: bytes('[4]'), ts_request_sequence_end: bytes('true') } };
    expect(
      await stream('StreamPredictions2', [
        step('[1]'),
        step('[2]'),
        step('"x"'),
        asked('sums', '[1]'),
        step('[4]', last),
      ]),
    ).toEqual([
      { prediction: '[1]', sequence_id: 's' },
      { prediction: '[3]', sequence_id: 's' },
      {
        sequence_id: 's',
        status: {
          code: 3,
          message: "raw binary request: input 'x' with shape [-1,1] needs 4 bytes, got 3",
          details: [],
        },
      },
      { status: { code: 3, message: 'Parameter sequenceId is required.', details: [] } },
      { prediction: '[7]', sequence_id: 's' },
    ]);
  });
});

it('a stream has at most 256 sequences open, of which any may begin again', async () => {
  const step = (id: string, input: object = {}) =>
    asked('sums', '[1]', { sequence_id: id, input: { data: bytes('[1]'), ...input } });
  const opened = Array.from({ length: 256 }, (_, index) => step(`s${index}`));
  const again = step('s0', { ts_request_sequence_start: bytes('true') });
  const answers = await stream('StreamPredictions2', [...opened, again, step('more')]);
  expect(answers.slice(0, 256)).toEqual(opened.map((_, index) => ({ prediction: '[1]', sequence_id: `s${index}` })));
  expect(answers.slice(256)).toEqual([
    { prediction: '[1]', sequence_id: 's0' },
    {
      sequence_id: 'more',
      status: { code: 3, message: 'expected at most 256 open sequences in a stream, got more', details: [] },
    },
  ]);
});

describe('management', () => {
  it('lists, describes, registers and unregisters models', async () => {
    const [list] = await manage('ListModels', { limit: 1 });
    expect(JSON.parse(list)).toEqual({ models: [{ modelName: 'a', modelUrl: 'a' }], nextPageToken: '1' });
    const [described] = await manage('DescribeModel', { model_name: 'a', model_version: 'all' });
    expect(JSON.parse(described)).toMatchObject([{ modelVersion: '1' }, { modelVersion: '2' }]);
    expect(
      await manage('RegisterModel', { url: 'later', model_name: 'l', initial_workers: 1, synchronous: true }),
    ).toEqual(['Model "l" Version: 1 registered with 1 initial workers']);
    expect(await manage('UnregisterModel', { model_name: 'l' })).toEqual(['Model "l" unregistered']);
    expect(await manage('ScaleWorker', { model_name: 'a', min_worker: 1 })).toEqual([
      'Workers scaled to 1 for model: a',
    ]);
    expect(await manage('SetDefault', { model_name: 'a', model_version: '2.0' })).toEqual([
      'Default version successfully updated for model "a" to "2"',
    ]);
  });

  it.each([
    ['RegisterModel', {}, status.INVALID_ARGUMENT, 'Parameter url is required.'],
    [
      'RegisterModel',
      { url: 'a', model_name: 'a' },
      status.ALREADY_EXISTS,
      "there is a model 'a' already; unload it first",
    ],
    [
      'ScaleWorker',
      { model_name: 'a', number_gpu: 1 },
      status.UNIMPLEMENTED,
      'number_gpu cannot be 1: models run on CPUs only',
    ],
    ['SetDefault', { model_name: 'a' }, status.NOT_FOUND, "Model version: '' does not exist for model: a"],
    ['DescribeModel', { model_name: 'nope' }, status.NOT_FOUND, "Request for unknown model: 'nope' is not found"],
  ])('%s refuses %j', async (method, request, code, details) => {
    expect(await manage(method, request)).toEqual([code, details]);
  });
});

it('the server says that it is healthy', async () => {
  const { message: answer } = await client.unary(new Uint8Array(), { path: `${INFERENCE}Ping` });
  expect(INFERENCE_MESSAGES.decodeToJson('TorchServeHealthResponse', answer as Uint8Array)).toEqual({
    health: '{"status":"Healthy"}',
  });
});
