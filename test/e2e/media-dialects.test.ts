import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { protoBytes, protoJson } from '../support/grpc-messages.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';

const MODEL = 'mobilenetv3';
const PHOTOS = [
  ['meal_1.jpg', 'food'],
  ['meal_2.jpg', 'food'],
  ['report_1.jpg', 'report'],
  ['report_2.jpg', 'report'],
  ['other_1.jpg', 'other'],
  ['other_2.jpg', 'other'],
] as const;

/** The best class of an answer, in each dialect's own form. */
const ROUTES = [
  ['the Open Inference Protocol', `/v2/models/${MODEL}/infer`, (body) => body.outputs[0].data[0].split(':')[2]],
  ["KServe's v1", `/v1/models/${MODEL}:predict`, (body) => Object.keys(body.predictions[0])[0]],
  ['TorchServe', `/predictions/${MODEL}`, (body) => Object.keys(body)[0]],
  ['SageMaker', '/invocations', (body) => Object.keys(body.predictions[0])[0]],
  // biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
] as const satisfies readonly (readonly [string, string, (body: any) => string | undefined])[];

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer(
    {},
    {
      repository: { paths: ['examples/models'], controlMode: 'explicit', loadModels: [MODEL] },
      kserve: { enabled: true },
      torchserve: { enabled: true },
      tfs: { enabled: true },
      sagemaker: { enabled: true, model: MODEL },
    },
  );
});
afterEach(closeGrpcServers);
afterAll(() => server[Symbol.asyncDispose]());

const photo = (file: string) => readFile(`examples/photos/${file}`);

async function post(path: string, body: Uint8Array | string, type: string) {
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, {
    method: 'POST',
    body: typeof body === 'string' ? body : new Uint8Array(body),
    headers: { 'content-type': type },
  });
  // biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
  return { status: response.status, body: (await response.json()) as any };
}

describe.each(ROUTES)('%s', (_, path, best) => {
  it.each(PHOTOS)('takes %s as it is for %s', async (file, label) => {
    const { status, body } = await post(path, await photo(file), 'image/jpeg');
    expect([status, best(body)]).toEqual([200, label]);
  });
});

it('a photo may come as base64 in the JSON of TensorFlow Serving', async () => {
  const b64 = (await photo('report_1.jpg')).toString('base64');
  const { status, body } = await post(
    `/v1/models/${MODEL}:predict`,
    JSON.stringify({ instances: [{ b64 }, { b64 }] }),
    'application/json',
  );
  expect([status, body.predictions.length]).toEqual([200, 2]);
  expect(body.predictions[0][1]).toBeGreaterThan(0.9);
});

it('a photo may come as BYTES over gRPC, its classes asked for', async () => {
  const { message, status } = await new GrpcClient(`127.0.0.1:${server.grpcPort}`).unary(
    protoBytes('ModelInferRequest', {
      model_name: MODEL,
      inputs: [
        {
          name: 'pixel_values',
          datatype: 'BYTES',
          shape: [1],
          contents: { bytes_contents: [(await photo('other_2.jpg')).toString('base64')] },
        },
      ],
      outputs: [{ name: 'probs', parameters: { classification: { int64_param: 1 } } }],
    }),
    { path: '/inference.GRPCInferenceService/ModelInfer' },
  );
  expect(status.details).toBe('');
  const { raw_output_contents } = protoJson('ModelInferResponse', [message ?? new Uint8Array()]) as unknown as {
    readonly raw_output_contents: readonly string[];
  };
  expect(Buffer.from(raw_output_contents[0] ?? '', 'base64').toString()).toMatch(/0\.\d+:2:other$/);
});
