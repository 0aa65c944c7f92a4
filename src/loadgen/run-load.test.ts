import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { LoadOptions, LoadProgress } from './options.js';
import type { LevelReport } from './report.js';
import { expectBytes, type LoadRequest } from './request.js';
import { runLoad } from './run-load.js';

type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** A server on a free port; `count` numbers its requests from 1, the preflight being the first. */
async function serve(handler: Handler): Promise<string> {
  let count = 0;
  const server = createServer((request, response) => {
    count++;
    request.resume().on('end', () => handler(request, response, count));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const REQUEST: LoadRequest = { method: 'POST', path: '/', headers: {}, body: Buffer.from('hi') };

async function run(options: Partial<LoadOptions> & { readonly url: string }): Promise<LevelReport> {
  const report = await runLoad({
    requests: [REQUEST],
    levels: [{ kind: 'concurrency', concurrency: 4 }],
    measurement: { kind: 'count', requests: 100 },
    warmupMs: 0,
    ...options,
  });
  return report.levels[0] as LevelReport;
}

describe('a closed loop', () => {
  it('counts exactly the requests it was asked for', async () => {
    const url = await serve((_request, response) => response.end('ok'));
    const level = await run({ url });
    expect(level.outcomes).toEqual({ 200: 100 });
    expect(level).toMatchObject({ completed: 100, failed: 0, stable: true, sendDelay: undefined });
    expect(level.latency.count).toBe(100);
    expect(level.latency.p50Ms).toBeLessThanOrEqual(level.latency.p99Ms);
  });

  it('keeps as many requests in flight as there are clients', async () => {
    const held: ServerResponse[] = [];
    let most = 0;
    const url = await serve((_request, response, count) => {
      if (count === 1 || most === 7) {
        response.end();
        return;
      }
      held.push(response);
      most = held.length;
      if (most === 7) for (const waiting of held) waiting.end();
    });
    const level = await run({ url, levels: [{ kind: 'concurrency', concurrency: 7 }] });
    expect(level.outcomes).toEqual({ 200: 100 });
  });

  it('sends its requests in turn with the headers and bodies they came with', async () => {
    const seen = new Set<string>();
    const url = await serve((request, response) => {
      seen.add(`${request.method} ${request.url} ${request.headers['x-n']} ${request.headers['content-length']}`);
      response.end();
    });
    const requests = ['a', 'bb'].map((text) => ({
      ...REQUEST,
      path: `/${text}`,
      headers: { 'x-n': text },
      body: Buffer.from(text),
    }));
    await run({ url, requests, measurement: { kind: 'count', requests: 10 } });
    expect([...seen]).toEqual(['POST /a a 1', 'POST /bb bb 2']);
  });

  it('counts failures by status and goes on', async () => {
    const url = await serve((_request, response, count) => {
      response.statusCode = count % 4 === 0 ? 503 : 200;
      response.end();
    });
    const level = await run({ url, levels: [{ kind: 'concurrency', concurrency: 1 }] });
    expect(level.outcomes).toEqual({ 200: 75, 503: 25 });
    expect(level).toMatchObject({ completed: 75, failed: 25 });
    expect(level.latency.count).toBe(75);
  });

  it('counts a connection that is cut, and opens another', async () => {
    const url = await serve((request, response, count) => {
      if (count % 10 === 0) request.socket.destroy();
      else response.end();
    });
    const level = await run({
      url,
      levels: [{ kind: 'concurrency', concurrency: 1 }],
      measurement: { kind: 'count', requests: 20 },
    });
    expect(level.outcomes).toEqual({ 200: 18, 'connection closed': 2 });
  });

  it('opens a connection a request for a server that does not keep them', async () => {
    const url = await serve((_request, response) => response.writeHead(200, { connection: 'close' }).end('ok'));
    expect((await run({ url })).outcomes).toEqual({ 200: 100 });
  });

  it('gives up on a request without an answer and counts its wait among the latencies', async () => {
    const url = await serve((_request, response, count) => {
      if (count !== 5) response.end();
    });
    const level = await run({ url, timeoutMs: 2_000, measurement: { kind: 'count', requests: 20 } });
    expect(level.outcomes).toEqual({ 200: 19, timeout: 1 });
    expect(level.latency.count).toBe(20);
  });

  it('tells a right answer from a wrong one, in one piece or many', async () => {
    const right = Buffer.alloc(100_000, 'r');
    const url = await serve((_request, response, count) => response.end(count === 4 ? 'wrong' : right));
    const requests = [{ ...REQUEST, check: expectBytes(right) }];
    const level = await run({ url, requests, measurement: { kind: 'count', requests: 20 } });
    expect(level.outcomes).toEqual({ 200: 19, 'wrong answer': 1 });
  });

  it('reports rows and bytes by what a request carries', async () => {
    const url = await serve((_request, response) => response.end('four'));
    const level = await run({ url, rowsPerRequest: 32 });
    expect(level.rowsPerSecond).toBeCloseTo(level.requestsPerSecond * 32);
    expect(level.bytesReceivedPerSecond).toBeCloseTo(level.requestsPerSecond * 4);
  });

  it('charges the process whose id it got', async () => {
    const url = await serve((_request, response) => response.end());
    const level = await run({ url, serverPid: process.pid });
    expect(level.server?.processes).toBeGreaterThanOrEqual(1);
    expect(level.server?.memoryBytes).toBeGreaterThan(1_000_000);
  });
});

describe('an open loop', () => {
  it('sends on schedule although the answers are slower', async () => {
    const held: ServerResponse[] = [];
    const url = await serve((_request, response, count) => {
      if (count === 1) response.end();
      else held.push(response);
      // None is answered before all have come.
      if (held.length === 50) for (const waiting of held) waiting.end();
    });
    const level = await run({
      url,
      levels: [{ kind: 'rate', requestsPerSecond: 500, arrivals: 'constant' }],
      measurement: { kind: 'count', requests: 50 },
    });
    expect(level.outcomes).toEqual({ 200: 50 });
  });

  it('fails requests that waited too long for a connection', async () => {
    const url = await serve((_request, response, count) => {
      if (count === 1) response.end();
    });
    const level = await run({
      url,
      maxConnections: 2,
      timeoutMs: 60,
      levels: [{ kind: 'rate', requestsPerSecond: 1_000, arrivals: 'poisson' }],
      measurement: { kind: 'count', requests: 30 },
    });
    expect(level.outcomes).toEqual({ timeout: 30 });
    expect(level).toMatchObject({ completed: 0, failed: 30 });
  });
});

describe('a measurement', () => {
  it('reports after each window, ends after the most when they do not agree, and says so', async () => {
    const url = await serve((_request, response) => response.end());
    const progress: LoadProgress[] = [];
    const level = await run({
      url,
      measurement: { kind: 'stable', windowMs: 20, windows: 3, tolerance: -1, maxWindows: 4, percentile: undefined },
      onProgress: (event) => progress.push(event),
    });
    expect(level.stable).toBe(false);
    expect(level.windows).toHaveLength(4);
    expect(progress.map(({ windows, maxWindows }) => [windows, maxWindows])).toEqual([
      [1, 4],
      [2, 4],
      [3, 4],
      [4, 4],
    ]);
  });

  it('of a time ends by itself, after a warm-up that is not counted', async () => {
    let seen = 0;
    const url = await serve((_request, response, count) => {
      seen = count;
      response.end();
    });
    const level = await run({ url, warmupMs: 10, measurement: { kind: 'duration', durationMs: 60 } });
    expect(level.completed).toBeGreaterThan(0);
    expect(level.completed).toBeLessThan(seen);
  });
});

describe('a sweep', () => {
  it('ends at the first level whose p99 is over the limit', async () => {
    const url = await serve((_request, response) => response.end());
    const levels = [1, 2, 3].map((concurrency) => ({ kind: 'concurrency' as const, concurrency }));
    const common = {
      url,
      requests: [REQUEST],
      levels,
      warmupMs: 0,
      measurement: { kind: 'count' as const, requests: 10 },
    };
    expect((await runLoad(common)).levels).toHaveLength(3);
    expect((await runLoad({ ...common, latencyLimitMs: 0 })).levels).toHaveLength(1);
  });
});

describe('a load that cannot run', () => {
  it('names the address that does not answer', async () => {
    await expect(run({ url: 'http://127.0.0.1:1' })).rejects.toMatchObject({
      code: 'unavailable',
      message: 'http://127.0.0.1:1 does not answer: ECONNREFUSED',
    });
  });

  it('repeats the words with which the first request was refused', async () => {
    const url = await serve((_request, response) => response.writeHead(400).end('{"error":"no such input"}'));
    await expect(run({ url })).rejects.toMatchObject({
      code: 'failed_precondition',
      message: `${url}: the first request was expected to succeed, got 400: {"error":"no such input"}`,
    });
  });

  it('does not wait for ever for a first answer', async () => {
    const url = await serve(() => {});
    await expect(run({ url, timeoutMs: 20 })).rejects.toMatchObject({
      code: 'unavailable',
      message: `${url} does not answer: no answer in 20 ms`,
    });
  });

  it('refuses an address that is not HTTP, no requests and headers with line breaks', async () => {
    await expect(run({ url: 'ftp://x' })).rejects.toThrow("target: expected an http:// or https:// URL, got 'ftp://x'");
    await expect(run({ url: 'http://x', requests: [] })).rejects.toThrow(
      'load: expected at least one request and one level',
    );
    await expect(run({ url: 'http://x', requests: [{ ...REQUEST, headers: { a: 'b\r\nc: d' } }] })).rejects.toThrow(
      'request: line breaks are not allowed in "a: b\\r\\nc: d"',
    );
  });

  it.each(['count', 'duration', 'stable'] as const)('stops when its signal fires: %s', async (kind) => {
    const controller = new AbortController();
    const url = await serve((_request, response, count) => {
      response.end();
      if (count === 20) controller.abort();
    });
    const measurement = {
      count: { kind: 'count' as const, requests: 1e9 },
      duration: { kind: 'duration' as const, durationMs: 1e6 },
      stable: { kind: 'stable' as const, windowMs: 10, windows: 3, tolerance: -1, maxWindows: 1e6, percentile: 99 },
    }[kind];
    await expect(run({ url, measurement, signal: controller.signal })).rejects.toMatchObject({
      code: 'cancelled',
      message: 'load: stopped before it was done',
    });
  });
});
