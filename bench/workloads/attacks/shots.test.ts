import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { armConnections, armRequests } from './shots.js';
import { visit } from './tenant.js';

async function urlOf(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => server.closeAllConnections());
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

describe('the outcome of an attack', () => {
  const shot = { path: '/', headers: {}, body: Buffer.alloc(10) };

  it('by a request is the status of its answer', async () => {
    const url = await urlOf((_request, response) => void response.writeHead(413).end());
    const armed = armRequests({ url, grpcUrl: url }, () => [shot, shot]);
    expect(await Promise.all(armed.fire())).toEqual(['413', '413']);
    armed.close();
  });

  it('by a request that is never answered is that its connection was closed', async () => {
    const server: { receive?: () => void } = {};
    const received = new Promise<void>((resolve) => {
      server.receive = resolve;
    });
    const url = await urlOf(() => server.receive?.());
    const armed = armRequests({ url, grpcUrl: url }, () => [shot]);
    const outcomes = armed.fire();
    await received;
    armed.close();
    expect(await Promise.all(outcomes)).toEqual(['ECONNRESET']);
  });

  it('by a connection is the status that the server closed it with', async () => {
    const url = await urlOf((_request, response) => void response.writeHead(503, { connection: 'close' }).end());
    const bytes = Buffer.from('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    const armed = armConnections(url, bytes);
    expect(await Promise.all(armed.fire())).toEqual(['503']);
  });
});

it('a tenant counts answers that are refused as errors', async () => {
  const url = await urlOf((request, response) => {
    response.writeHead(request.method === 'GET' ? 200 : 503).end();
  });
  const { errors, healthMaxMs, completionMaxMs } = await visit(url, { seed: 0, seconds: 0.01 });
  expect(errors).toBe(1);
  expect(healthMaxMs).toBeGreaterThan(0);
  expect(completionMaxMs).toBeGreaterThan(0);
});
