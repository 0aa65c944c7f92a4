import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FaultyServer, startFaultyServer } from '../support/faulty-server.js';
import { createTempFolder, type TempFolder } from '../support/model-folder.js';
import { RawClient, type RawResponse, requestText } from '../support/raw-client.js';

const INFER = 'POST /v2/models/m/infer';
const MODEL = `runtime: echo
instances: { placement: inline }
maxBatchSize: 64
batching: { enabled: true }
inputs: [{ name: x, datatype: FP32, shape: [-1, 2] }]
outputs: [{ name: y, datatype: FP32, shape: [-1, 2] }]
`;

function inferText(value: number, parameters: object = {}): string {
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [value, -value] }];
  return requestText(INFER, {}, JSON.stringify({ parameters, inputs }));
}

function valuesOf({ body }: RawResponse): unknown {
  return JSON.parse(body.toString()).outputs[0].data;
}

const FAULTS = [
  ['decoding', requestText(INFER, { 'inference-header-content-length': '0' }, '12345678'), 'a fault in the service'],
  ['the engine', inferText(0, { fault: 'engine' }), 'Cannot read properties of undefined'],
  ['encoding', inferText(0, { fault: 'encode' }), 'a fault in the data'],
  ['another route', requestText('POST /v2/repository/index', {}, '{}'), 'a fault in the service'],
] as const;

describe('a fault of the server itself', () => {
  let folder: TempFolder;
  let server: FaultyServer;
  beforeAll(async () => {
    folder = await createTempFolder({ 'm/model.yaml': MODEL, 'm/1/': '' });
    server = await startFaultyServer(folder.path);
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  it.each(FAULTS)('in %s is answered with 500, logged with its stack, and harms nobody', async (_where, bad, fault) => {
    const client = await RawClient.connect(server.port);
    const others = await Promise.all(Array.from({ length: 8 }, () => RawClient.connect(server.port)));
    client.send(inferText(1) + bad + inferText(2));
    others.forEach((other, index) => {
      other.send(inferText(10 + index) + inferText(20 + index));
    });

    expect(valuesOf(await client.response())).toEqual([1, -1]);
    const answer = await client.response();
    expect(answer.status).toBe(500);
    expect(answer.body.toString()).toBe('{"error":"internal error; the server log has the details"}');
    expect(valuesOf(await client.response())).toEqual([2, -2]);
    for (const [index, other] of others.entries()) {
      expect(valuesOf(await other.response())).toEqual([10 + index, -10 - index]);
      expect(valuesOf(await other.response())).toEqual([20 + index, -20 - index]);
    }
    const lines = server.log.filter((line) => line.request_id === answer.headers['x-request-id']);
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: 'error',
        room: 'server',
        cause: expect.stringMatching(new RegExp(`(?:TypeError|RangeError): ${fault}.*\\n {4}at `)),
      }),
    );
    for (const each of [client, ...others]) each.socket.destroy();
  });
});
