import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';

const ROW = Array.from({ length: 16 }, (_, index) => index / 16);
const MLP = readFileSync('examples/models/mlp/1/model.onnx');

let server: AppServer;
beforeAll(async () => {
  const arms = [1, 2].map((version) => ({ model: 'net', version, weight: 1 }));
  server = await startAppServer(
    { 'net/model.yaml': 'versions: all\n', 'net/1/model.onnx': MLP, 'net/2/model.onnx': MLP },
    {
      routes: { 'net-live': { arms, rules: [] } },
      tfs: { enabled: true },
      kserve: { enabled: true },
      sagemaker: { enabled: true, model: 'net-live' },
    },
  );
});
afterAll(() => server[Symbol.asyncDispose]());

describe('a route stands where a model does', () => {
  it('in the setting of a container that has one', async () => {
    const arms = new Set<string | null>();
    for (let round = 0; round < 32; round++) {
      const answer = await fetch(`${server.addresses.http.url}/invocations`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ instances: [ROW] }),
      });
      expect([answer.status, answer.headers.get('x-millrace-route')]).toEqual([200, 'net-live']);
      arms.add(answer.headers.get('x-millrace-arm'));
    }
    expect([...arms].sort()).toEqual(['1', '2']);
  });

  it('in lists and by status', async () => {
    const read = async (path: string) => (await fetch(`${server.addresses.http.url}${path}`)).json();
    expect(await read('/v1/models')).toMatchObject({
      models: expect.arrayContaining(['net-live']),
    });
    expect(await read('/v1/models/net-live')).toMatchObject({
      name: 'net-live',
      ready: true,
      model_version_status: [{ version: '1', state: 'AVAILABLE' }],
    });
  });
});
