import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import { until } from '../../test/support/until.js';
import { createOpenLoop } from './open-loop.js';
import { Recorder } from './recorder.js';
import { encodeRequest } from './request.js';
import { parseTarget } from './target.js';

it('shows in its latencies what a stalled server did to the requests behind', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  let first: ServerResponse | undefined;
  const server = createServer((_request, response) => {
    if (first !== undefined) response.end();
    else server.emit('first');
    first ??= response;
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());

  const recorder = new Recorder();
  const target = parseTarget(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const request = {
    bytes: encodeRequest(target, { method: 'POST', path: '/', headers: {}, body: Buffer.alloc(0) }),
    check: undefined,
  };
  const connection = { target, insecureTls: false, maxKeptBytes: 1_024 };
  const timeoutMs = 10_000;
  const driver = createOpenLoop(
    { recorder, timeoutMs, lane: { connection, recorder, timeoutMs, nextRequest: () => request } },
    { gaps: () => 10, maxConnections: 1 },
  );
  onTestFinished(() => driver.close());
  const window = recorder.open({ at: performance.now(), maxArrivals: 20, onFull: () => driver.stop() });
  const stalled = once(server, 'first');

  driver.start();
  vi.advanceTimersByTime(10);
  await stalled;
  vi.advanceTimersByTime(200);
  await until('twenty requests are due', () => window.full);
  first?.end();
  await window.settled();

  // Due at 10, 20 … 200 ms and answered at 210: the server was slow once, and twenty had to wait.
  expect(Object.fromEntries(window.outcomes)).toEqual({ 200: 20 });
  const shares = [5, 50, 100].map((percent) => Math.round(window.latency.at(percent)));
  expect(shares).toEqual([10, 100, 200]);
  expect(Math.round(window.sendDelay.at(100))).toBe(190);
});
