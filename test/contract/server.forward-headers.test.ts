import { afterEach, expect, it } from 'vitest';
import type { InferRequest } from '../../src/core/index.js';
import { createFakeService } from '../support/fake-service.js';
import { protoBytes } from '../support/grpc-messages.js';
import { closeGrpcServers, framed, RawGrpc } from '../support/grpc-server.js';
import { closeTestServers, startTestServer } from '../support/http-server.js';
import { RawClient, requestText } from '../support/raw-client.js';

afterEach(closeGrpcServers);
afterEach(closeTestServers);

const INPUT = { name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] };
const INFER = JSON.stringify({ inputs: [INPUT], parameters: { 'x-two': 'mine', top_k: 5 } });
const GENERATE = JSON.stringify({ x: [1, 2, 3, 4], 'x-two': 'mine', top_k: 5 });
const FORWARDED = { 'X-One': '1', 'x-two': '2', top_k: 5 };
const PLAIN = { 'x-two': 'mine', top_k: 5 };

it.each([
  ['^x-', 'infer', INFER, FORWARDED],
  ['^x-', 'generate', GENERATE, FORWARDED],
  ['', 'infer', INFER, PLAIN],
  ['', 'generate', GENERATE, PLAIN],
])(
  'with the pattern "%s" the headers of %s reach the model',
  async (httpHeaderForwardPattern, verb, body, expected) => {
    const service = createFakeService();
    const { port } = await startTestServer({ service, options: { httpHeaderForwardPattern } });
    const client = await RawClient.connect(port);
    client.send(requestText(`POST /v2/models/m/${verb}`, { 'X-One': '1', 'x-two': '2', other: '3' }, body));
    expect((await client.response()).status).toBe(200);
    const requests = service.calls.map(({ args }) => args[0] as InferRequest);
    expect(requests.map(({ parameters }) => ({ ...parameters }))).toEqual([expected]);
  },
);

it.each([
  ['^x-', { 'x-one': '1', top_k: 5 }],
  ['', { top_k: 5 }],
])('with the pattern "%s" the metadata of gRPC calls and streams reaches the model', async (pattern, expected) => {
  const service = createFakeService();
  const { addresses } = await startTestServer({ service, options: { grpcPort: 0, grpcHeaderForwardPattern: pattern } });
  const client = new RawGrpc(addresses.grpc?.port ?? 0);
  const message = framed(
    protoBytes('ModelInferRequest', {
      model_name: 'm',
      parameters: { top_k: { int64_param: '5' } },
      inputs: [{ name: 'x', datatype: 'FP32', shape: ['1'], contents: { fp32_contents: [1] } }],
    }),
  );
  for (const method of ['ModelInfer', 'ModelStreamInfer']) {
    const headers = { ':path': `/inference.GRPCInferenceService/${method}`, 'x-one': '1', other: '3' };
    expect((await client.send([message], headers)).trailers).toMatchObject({ 'grpc-status': '0' });
  }
  const requests = service.calls.map(({ args }) => args[0] as InferRequest);
  expect(requests.map(({ parameters }) => ({ ...parameters }))).toEqual([expected, expected]);
});
