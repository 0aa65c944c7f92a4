import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { arrivalsOf, driveArrivals, driveOnce } from './drive.js';

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

const requestOf = (path: string) => ({ method: 'POST', path, headers: {}, body: Buffer.from('a') });

describe('a closed loop', () => {
  it('sends each request once and counts its rows', async () => {
    const { url, paths } = await serve();
    const requests = ['/1', '/2', '/3'].map(requestOf);
    const running = { url, pid: process.pid, startMs: 0, stop: async () => undefined };
    const sample = await driveOnce(running, { requests, concurrency: 2, rowsPerRequest: 4 });
    expect(paths.toSorted()).toEqual(['/1', '/2', '/3']);
    expect((sample.rowsPerSecond ?? 0) / (sample.requestsPerSecond ?? 1)).toBeCloseTo(4, 5);
  });

  it('fails where a request is refused', async () => {
    const { url } = await serve(503);
    const running = { url, pid: process.pid, startMs: 0, stop: async () => undefined };
    const loop = { requests: [requestOf('/1')], concurrency: 1, rowsPerRequest: 1 };
    await expect(driveOnce(running, loop)).rejects.toThrow('503 said');
  });
});

describe('an open loop', () => {
  const pick = (random: () => number) => ({ kind: random() < 0.5 ? 'a' : 'b', request: requestOf('/') });

  it('has the same arrivals for the same seed', () => {
    const dueOf = (seed: number) =>
      arrivalsOf({ perSecond: 100, seconds: 1, seed, pick }).map(({ dueMs, kind }) => [dueMs, kind]);
    expect(dueOf(1)).toEqual(dueOf(1));
    expect(dueOf(1)).not.toEqual(dueOf(2));
    expect(dueOf(1)[0]?.[0]).toBe(0);
  });

  it('gives a latency for each arrival, by kind', async () => {
    const { url, paths } = await serve();
    const arrivals = arrivalsOf({ perSecond: 400, seconds: 0.05, seed: 1, pick });
    const latencies = await driveArrivals(url, arrivals);
    expect(paths).toHaveLength(arrivals.length);
    for (const kind of ['a', 'b']) {
      expect(latencies.get(kind) ?? []).toHaveLength(arrivals.filter((arrival) => arrival.kind === kind).length);
    }
  });
});

/** Answers every request with this status and notes its path. */
async function serve(status = 200): Promise<{ readonly url: string; readonly paths: readonly string[] }> {
  const paths: string[] = [];
  server = createServer((request, response) => {
    paths.push(request.url ?? '');
    request.resume().on('end', () => response.writeHead(status).end('said'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}`, paths };
}
