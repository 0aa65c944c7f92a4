import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runPoisson } from './poisson.js';

const REQUEST = { method: 'POST', path: '/predict', headers: { 'x-a': 'b' }, body: Buffer.from('{}') };
const LOAD = { requestsPerSecond: 400, seconds: 0.5 };

async function urlOf(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

const compiles = process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0;

describe('an open loop from outside', () => {
  if (!compiles) {
    it('says what it needs', async () => {
      await expect(runPoisson('http://127.0.0.1:1', REQUEST, LOAD)).rejects.toThrow(
        'open loops from outside need Linux and a C compiler (cc)',
      );
    });
    return;
  }

  it('sends whole requests at the rate that it is told', async () => {
    const seen = new Set<string>();
    const url = await urlOf(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      seen.add(`${request.method} ${request.url} ${request.headers['x-a']} ${body}`);
      response.end('done');
    });
    const result = await runPoisson(url, REQUEST, LOAD);
    expect([...seen]).toEqual(['POST /predict b {}']);
    expect(result.errors).toBe(0);
    // 200 are due on average, with a standard deviation of 14.
    expect(result.requests).toBeGreaterThan(130);
    expect(result.requests).toBeLessThan(270);
    expect(result.sent).toBeGreaterThan(result.requests);
  });

  it('goes on sending while nothing is answered, over as many connections as that takes', async () => {
    const waiting: ServerResponse[] = [];
    let arrived = 0;
    const url = await urlOf((_request, response) => {
      waiting.push(response);
      if (++arrived >= 100) for (const each of waiting.splice(0)) each.end();
    });
    const { connections, errors } = await runPoisson(url, REQUEST, LOAD);
    expect(connections).toBeGreaterThanOrEqual(100);
    expect(errors).toBe(0);
  });

  it('does not take what a server says of an unused connection for an answer', async () => {
    // The first connection is the last one to be used, and there are fewer requests than connections.
    const sockets: Socket[] = [];
    const server = createTcpServer((socket) => {
      sockets.push(socket);
      socket
        .on('error', () => undefined)
        .on('data', () => {
          if (!sockets[0]?.writableEnded) sockets[0]?.end('HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n');
          socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
        });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { errors } = await runPoisson(`http://127.0.0.1:${port}`, REQUEST, { requestsPerSecond: 10, seconds: 1 });
    expect(errors).toBe(0);
  });

  it('counts what is refused and what is cut off as errors', async () => {
    let count = 0;
    const url = await urlOf((request, response) => {
      count++;
      if (count % 2 === 0) request.socket.destroy();
      else response.writeHead(503, { 'content-length': 0 }).end();
    });
    const { errors, requests } = await runPoisson(url, REQUEST, LOAD);
    expect(errors).toBe(requests);
  });
});
