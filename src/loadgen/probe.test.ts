import { afterEach, describe, expect, it } from 'vitest';
import { type FakeServer, startFakeServer } from '../../test/support/fake-server.js';
import { probe } from './probe.js';

let server: FakeServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const REQUEST = { method: 'POST', path: '/v2/models/m/infer', headers: {}, body: Buffer.from('{}') };

describe('probe', () => {
  it('sends one request after the other and returns what each took', async () => {
    server = await startFakeServer(() => ({
      status: 200,
      headers: { 'Server-Timing': 'compute;dur=1.5, total;dur=2' },
      body: '{}',
    }));
    const probed = await probe({ url: server.url, request: REQUEST, requests: 3, durationMs: 60_000 });
    expect(probed.map(({ serverTiming }) => serverTiming)).toEqual(Array(3).fill('compute;dur=1.5, total;dur=2'));
    expect(probed.every(({ latencyMs }) => latencyMs > 0)).toBe(true);
    expect(server.seen).toHaveLength(3);
  });

  it('sends at least one', async () => {
    server = await startFakeServer(() => ({ status: 200, headers: {}, body: '{}' }));
    const probed = await probe({ url: server.url, request: REQUEST, requests: 3, durationMs: 0 });
    expect(probed.map(({ serverTiming }) => serverTiming)).toEqual(['']);
  });

  it('rejects with what the server says where it refuses', async () => {
    server = await startFakeServer(() => ({ status: 503, headers: {}, body: 'too busy' }));
    const { url } = server;
    await expect(probe({ url, request: REQUEST, requests: 3, durationMs: 0 })).rejects.toMatchObject({
      code: 'failed_precondition',
      message: `${url}: expected an answer, got 503: too busy`,
    });
  });

  it('rejects where no server answers, and when it is stopped', async () => {
    const options = { url: 'http://127.0.0.1:1', request: REQUEST, requests: 3, durationMs: 0 };
    await expect(probe(options)).rejects.toMatchObject({
      code: 'unavailable',
      message: 'http://127.0.0.1:1 does not answer: ECONNREFUSED',
    });
    await expect(probe({ ...options, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'cancelled',
      message: 'probe: stopped before it was done',
    });
  });
});
