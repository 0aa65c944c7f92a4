import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { fetchInputs } from './metadata.js';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function serve(status: number, answer: string): Promise<{ url: string; seen: string[] }> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.url} ${request.headers.authorization ?? ''}`);
    response.writeHead(status, { connection: 'close' }).end(answer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

describe('fetchInputs', () => {
  it('reads the inputs of a version', async () => {
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [-1, 16] }];
    const { url, seen } = await serve(200, JSON.stringify({ name: 'm', inputs, outputs: [] }));
    expect(await fetchInputs({ url, model: 'm 1', version: '2', headers: { authorization: 'Bearer k' } })).toEqual([
      { name: 'x', datatype: 'FP32', shape: [-1, 16], batchAxis: null, optional: false },
    ]);
    expect(seen).toEqual(['/v2/models/m%201/versions/2 Bearer k']);
  });

  it('repeats what the server says of an unknown model', async () => {
    const { url } = await serve(404, '{"error":"unknown model"}');
    await expect(fetchInputs({ url, model: 'm' })).rejects.toMatchObject({
      code: 'not_found',
      message: `${url}/v2/models/m: 404 {"error":"unknown model"}`,
    });
  });

  it.each(['<html>', '{}', '{"inputs":[{"name":"x","datatype":"FP99","shape":[1]}]}'])('refuses %s', async (answer) => {
    const { url } = await serve(200, answer);
    await expect(fetchInputs({ url, model: 'm' })).rejects.toThrow(
      `${url}/v2/models/m: expected model metadata with inputs[].{name,datatype,shape}`,
    );
  });

  it('names a server that does not answer', async () => {
    await expect(fetchInputs({ url: 'http://127.0.0.1:1', model: 'm' })).rejects.toMatchObject({
      code: 'unavailable',
      message: 'http://127.0.0.1:1 does not answer',
    });
  });
});
