import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { EventBus, type MillraceError, type Principal } from '../../src/core/index.js';
import { FakeClock } from '../support/fake-clock.js';
import { createFakeService } from '../support/fake-service.js';
import {
  closeTestServers,
  createTestServer,
  EVERYBODY,
  serverOptions,
  startTestServer,
} from '../support/http-server.js';
import { principalWith } from '../support/principals.js';
import { RawClient, requestText } from '../support/raw-client.js';
import { createSlowService } from '../support/slow-service.js';

afterEach(closeTestServers);

const INFER = requestText(
  'POST /v2/models/m/infer',
  {},
  JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }] }),
);
const TLS = path.resolve(import.meta.dirname, '../fixtures/tls');

describe('a server that ends', () => {
  it('finishes what it has accepted, refuses new inferences, and closes connections with its answers', async () => {
    const { service, started, release } = createSlowService();
    const { server, port } = await startTestServer({ service });
    const [first, second] = [await RawClient.connect(port), await RawClient.connect(port)];
    first.send(INFER);
    await started;
    const closed = server.close(10_000);
    second.send(INFER);
    const refused = await second.response();
    expect(refused).toMatchObject({ status: 503, headers: { connection: 'close' } });
    expect(JSON.parse(refused.body.toString())).toEqual({ error: 'the server is shutting down' });
    release();
    expect(await first.response()).toMatchObject({ status: 200, headers: { connection: 'close' } });
    await Promise.all([first.closed, second.closed, closed]);
    await expect(RawClient.connect(port)).rejects.toThrow('ECONNREFUSED');
  });

  it('answers requests that had come before, but were not read yet', async () => {
    const { server, port } = await startTestServer({ service: createFakeService() });
    const client = await RawClient.connect(port);
    client.send(INFER);
    expect((await client.response()).status).toBe(200);
    // The system has them; the event loop gets to them later.
    client.send(INFER);
    const closed = server.close(10_000);
    expect(await client.response()).toMatchObject({ status: 503, headers: { connection: 'close' } });
    await Promise.all([client.closed, closed]);
  });

  it('still tells its health while it drains', async () => {
    const { service, started, release } = createSlowService();
    const { server, port } = await startTestServer({ service });
    const client = await RawClient.connect(port);
    client.send(INFER);
    await started;
    server.drain();
    const probe = await RawClient.connect(port);
    probe.send(requestText('GET /v2/health/live'));
    expect((await probe.response()).status).toBe(200);
    release();
    expect((await client.response()).status).toBe(200);
  });

  it('cancels what has not finished in time, and answers it', async () => {
    const { service, started } = createSlowService();
    const { server, port, finished } = await startTestServer({ service });
    const client = await RawClient.connect(port);
    client.send(INFER);
    await started;
    const closed = server.close(20);
    const response = await client.response();
    expect(response.status).toBe(503);
    expect(JSON.parse(response.body.toString())).toEqual({ error: 'the server is shutting down' });
    await closed;
    expect(finished).toMatchObject([{ status: 503, error: { code: 'unavailable' } }]);
  });

  it('does not wait for a body that has stopped arriving, and says why', async () => {
    const clock = new FakeClock();
    const { server, port } = await startTestServer({ clock });
    const client = await RawClient.connect(port);
    client.send(requestText('POST /v2/models/m/infer', { 'content-length': '1000', expect: '100-continue' }));
    expect((await client.response()).status).toBe(100);
    const closed = server.close(30_000);
    await clock.advance(1_999);
    expect(client.pending).toBe('');
    await clock.advance(1);
    const { status, headers, body } = await client.response();
    expect([status, headers.connection, headers['retry-after']]).toEqual([503, 'close', '1']);
    expect(JSON.parse(body.toString())).toEqual({ error: 'the server is shutting down' });
    await closed;
  });

  it('does not wait for clients that have not sent their request', async () => {
    const { server, port } = await startTestServer();
    const client = await RawClient.connect(port);
    client.send('POST /v2/models/m/infer HTTP/1.1\r\n');
    await server.close(10_000);
    await client.closed;
  });
});

describe('a port that is taken', () => {
  it('is named with the setting that changes it, and no other port stays open', async () => {
    const { port } = await startTestServer();
    const { server } = createTestServer({
      options: { metricsPort: port },
      dependencies: { renderMetrics: () => Promise.resolve({ contentType: 'text/plain', body: '' }) },
    });
    const error: MillraceError = await server.listen().then(
      () => Promise.reject(new Error('it listens')),
      (reason) => reason,
    );
    expect(error.code).toBe('failed_precondition');
    expect(error.message).toBe(
      `another process listens on 127.0.0.1:${port}; stop it or choose another \`server.metricsPort\` (--metrics-port; 0 = any free port)`,
    );
  });
});

describe('metrics', () => {
  const metrics = {
    options: { metricsPort: 0 },
    dependencies: {
      renderMetrics: () => Promise.resolve({ contentType: 'text/plain; version=0.0.4', body: 'up 1\n' }),
    },
  };

  async function ask(line: string, settings: Parameters<typeof startTestServer>[0] = metrics, headers = {}) {
    const { addresses } = await startTestServer(settings);
    const client = await RawClient.connect(addresses.metrics?.port ?? 0);
    client.send(requestText(line, headers));
    return client.response();
  }

  it('are on a port of their own', async () => {
    const { status, headers, body } = await ask('GET /metrics?name=x');
    expect([status, headers['content-type'], body.toString()]).toEqual([200, 'text/plain; version=0.0.4', 'up 1\n']);
  });

  it.each([
    ['GET /', 404, 'no route GET /: expected /metrics'],
    ['POST /metrics', 405, '/metrics does not take POST: expected GET, HEAD'],
  ])('%s is %i', async (line, status, error) => {
    const response = await ask(line);
    expect([response.status, JSON.parse(response.body.toString())]).toEqual([status, { error }]);
  });

  it('are for principals that may observe', async () => {
    const scanner: Principal = principalWith('scanner', 'caller');
    const dependencies = { ...metrics.dependencies, authenticate: () => scanner, requiresKey: true };
    const response = await ask('GET /metrics', { ...metrics, dependencies });
    expect(response.status).toBe(403);
    expect(JSON.parse(response.body.toString())).toEqual({
      error: "'key:scanner' lacks the right 'metrics.read'; its roles: caller",
    });
  });

  it('are guarded like everything else', async () => {
    expect((await ask('GET /metrics', metrics, { host: 'evil.example' })).status).toBe(421);
  });

  it('that cannot be rendered are answered with 500', async () => {
    const dependencies = { renderMetrics: () => Promise.reject(new Error('no')) };
    expect((await ask('GET /metrics', { ...metrics, dependencies })).status).toBe(500);
  });
});

describe('an admin port', () => {
  it('takes model control away from the other one', async () => {
    const service = createFakeService();
    const { url, addresses } = await startTestServer({ service, options: { adminPort: 0 } });
    const load = '/v2/repository/models/m/load';
    const open = await fetch(url + load, { method: 'POST' });
    expect([open.status, await open.json()]).toEqual([404, { error: `no route POST ${load}` }]);
    expect((await fetch(`${url}/v2/logging`, { method: 'POST', body: '{}' })).status).toBe(405);
    expect((await fetch(`${url}/v2/logging`)).status).toBe(200);
    expect((await fetch(addresses.admin?.url + load, { method: 'POST' })).status).toBe(200);
    expect((await fetch(`${addresses.admin?.url}/v2/models/m/infer`, { method: 'POST' })).status).toBe(404);
    expect(service.calls.map(({ name }) => name)).toEqual(['loadModel']);
  });
});

describe('TLS', () => {
  function certificateFolder(name: string) {
    const folder = mkdtempSync(path.join(tmpdir(), 'millrace-tls-'));
    const files = { certFile: path.join(folder, 'tls.crt'), keyFile: path.join(folder, 'tls.key') };
    const use = (pair: string) => {
      copyFileSync(path.join(TLS, `${pair}.crt`), files.certFile);
      copyFileSync(path.join(TLS, `${pair}.key`), files.keyFile);
    };
    use(name);
    return { files, use };
  }

  async function subjectAt(port: number): Promise<string> {
    const client = await RawClient.connect(port, { tls: true });
    const subject = String((client.socket as TLSSocket).getPeerCertificate().subject.CN);
    client.send(requestText('GET /v2/health/live'));
    expect((await client.response()).status).toBe(200);
    client.socket.destroy();
    return subject;
  }

  it('serves the certificate of the files, and another one as soon as they change, but never a broken one', async () => {
    const clock = new FakeClock();
    const { files, use } = certificateFolder('first');
    const { port, url, diagnostics } = await startTestServer({ clock, options: { tls: files } });
    expect(url).toBe(`https://127.0.0.1:${port}`);
    expect(await subjectAt(port)).toBe('first.millrace.test');
    const nextDiagnostic = async (count: number) => {
      await clock.advance(5_000);
      await expect.poll(() => diagnostics.length).toBe(count);
    };
    writeFileSync(files.keyFile, 'half a ke');
    await nextDiagnostic(1);
    expect(diagnostics[0]).toMatchObject({
      level: 'warn',
      message: expect.stringMatching(
        /^the new TLS certificate is not usable, the old one stays: the TLS certificate and key are not usable: /,
      ),
    });
    expect(await subjectAt(port)).toBe('first.millrace.test');
    use('second');
    await nextDiagnostic(2);
    expect(diagnostics[1]).toMatchObject({
      level: 'info',
      message: `TLS certificate read again from ${files.certFile}`,
    });
    expect(await subjectAt(port)).toBe('second.millrace.test');
  });

  it('keeps a certificate rather than take one that has expired, and tells when that in use expires', async () => {
    const clock = new (class extends FakeClock {
      wall = Date.UTC(2026, 10, 26);
      override wallNow = () => this.wall;
    })();
    const events = new EventBus();
    const expiries: number[] = [];
    events.subscribe('tlsCertificateLoaded', ({ notAfterMs }) => expiries.push(notAfterMs));
    const warnings: string[] = [];
    events.subscribe('diagnostic', ({ level, message }) => warnings.push(`${level}: ${message}`));
    const { files, use } = certificateFolder('first');
    const { port } = await startTestServer({ clock, options: { tls: files }, dependencies: { events } });
    expect(expiries).toEqual([expect.any(Number)]);
    clock.wall = Date.UTC(2127, 0);
    use('second');
    await clock.advance(5_000);
    await expect
      .poll(() => warnings)
      .toEqual([
        'warn: the new TLS certificate is not usable, the old one stays: it expired on 2126-11-01T02:57:42.000Z',
      ]);
    expect(await subjectAt(port)).toBe('first.millrace.test');
    expect(expiries).toHaveLength(1);
    const late = await startTestServer({ clock, options: { tls: files }, dependencies: { events } });
    expect(late.port).toBeGreaterThan(0);
    expect(warnings[1]).toBe(
      `warn: the TLS certificate ${files.certFile} expired on 2126-11-01T02:57:42.000Z: clients refuse it`,
    );
  });

  it('does not keep the server from ending with a handshake that never comes', async () => {
    const { files } = certificateFolder('first');
    const { server, port } = await startTestServer({ options: { tls: files } });
    const client = await RawClient.connect(port);
    await server.close(0);
    await client.closed;
  });

  it.each([
    [{ certFile: '/nowhere.crt', keyFile: '/nowhere.key' }, /^cannot read `server.tls.certFile`: ENOENT/],
    [{ certFile: '/nowhere.crt', keyFile: '' }, /^TLS needs both `server.tls.certFile` and `server.tls.keyFile`$/],
    [
      { certFile: path.join(TLS, 'first.crt'), keyFile: path.join(TLS, 'second.key') },
      /^the TLS certificate and key are not usable: .*key values mismatch/,
    ],
  ])('refuses %j at start', (tls, message) => {
    expect(() => createTestServer({ options: { tls } })).toThrow(message);
  });
});

describe('mounted in another server', () => {
  it('answers what it is handed, and guards it where the client came by loopback', async () => {
    const { server } = createTestServer({ dependencies: { options: serverOptions({ host: '0.0.0.0' }) } });
    const outer = createHttpServer((req, res) => server.handler(req, res));
    await new Promise<void>((resolve) => outer.listen(0, '127.0.0.1', resolve));
    const { port } = outer.address() as AddressInfo;
    const client = await RawClient.connect(port);
    client.send(requestText('GET /v2/models/m'));
    expect((await client.response()).status).toBe(200);
    client.send(INFER);
    expect((await client.response()).status).toBe(200);
    client.send(requestText('GET /v2/models/m', { host: 'evil.example' }));
    expect((await client.response()).status).toBe(421);
    await new Promise((resolve) => {
      outer.close(resolve);
      outer.closeAllConnections();
    });
    await server.close(0);
  });

  it('says so where somebody has read the body before, instead of waiting for it', async () => {
    const { server } = createTestServer();
    const outer = createHttpServer((req, res) => req.resume().once('end', () => server.handler(req, res)));
    await new Promise<void>((resolve) => outer.listen(0, '127.0.0.1', resolve));
    const client = await RawClient.connect((outer.address() as AddressInfo).port);
    client.send(INFER);
    const { status, body } = await client.response();
    expect([status, JSON.parse(body.toString())]).toEqual([
      500,
      { error: 'the body has been read already: hand requests to the handler before anything reads them' },
    ]);
    await new Promise((resolve) => {
      outer.close(resolve);
      outer.closeAllConnections();
    });
  });

  it('two servers in one process do not meet, even on one connection', async () => {
    const one = createTestServer({ dependencies: { authenticate: () => ({ ...EVERYBODY, name: 'one' }) } });
    const two = createTestServer();
    const outer = createHttpServer((req, res) => (req.url?.includes('stats') ? one : two).server.handler(req, res));
    await new Promise<void>((resolve) => outer.listen(0, '127.0.0.1', resolve));
    const client = await RawClient.connect((outer.address() as AddressInfo).port);
    client.send(requestText('GET /v2/models/stats') + INFER);
    await client.response();
    await client.response();
    expect(one.finished.map(({ path: at }) => at)).toEqual(['/v2/models/stats']);
    expect(two.finished.map(({ path: at }) => at)).toEqual(['/v2/models/m/infer']);
    await new Promise((resolve) => {
      outer.close(resolve);
      outer.closeAllConnections();
    });
  });
});
