import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFakeService } from '../support/fake-service.js';
import { closeTestServers, startTestServer, type TestServer } from '../support/http-server.js';
import { RawClient, requestText } from '../support/raw-client.js';
import { REFUSED, SERVED } from '../support/smuggling-list.js';
import { until } from '../support/until.js';

/** Where a second request hides that must never be executed. */
const HIDDEN = 'GET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n';

interface Port {
  readonly place: number | string;
  readonly target: string;
  /** undefined = no route of it takes a body. */
  readonly body?: string;
  readonly tls?: boolean;
}

let plain: TestServer;
let secure: TestServer;
let ports: Readonly<Record<string, Port>>;

beforeAll(async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-smuggling-'));
  const fixtures = path.resolve(import.meta.dirname, '../fixtures/tls');
  const tls = { certFile: path.join(fixtures, 'first.crt'), keyFile: path.join(fixtures, 'first.key') };
  const httpSocket = path.join(folder, 'http.sock');
  const dependencies = { renderMetrics: () => Promise.resolve({ contentType: 'text/plain', body: 'up 1\n' }) };
  plain = await startTestServer({
    options: { adminPort: 0, metricsPort: 0, httpSocket },
    dependencies,
    service: createFakeService(),
  });
  secure = await startTestServer({ options: { tls } });
  const live = '/v2/health/live';
  const infer = '/v2/models/m/infer';
  ports = {
    REST: { place: plain.port, target: live, body: infer },
    admin: { place: plain.addresses.admin?.port ?? 0, target: live, body: '/v2/logging' },
    metrics: { place: plain.addresses.metrics?.port ?? 0, target: '/metrics' },
    socket: { place: httpSocket, target: live, body: infer },
    TLS: { place: secure.port, target: live, body: infer, tls: true },
  };
});

afterAll(closeTestServers);

/** Statuses of all answers until the connection ends; `open` at the end where it does not. */
async function answersTo(
  raw: string,
  { place, target, body = target, tls = false }: Port,
): Promise<readonly (number | string)[]> {
  const client = await RawClient.connect(place, { tls });
  client.socket.write(raw.replace('TARGET', target).replace('BODY', body), 'latin1');
  const answers: (number | string)[] = [];
  try {
    for (;;) {
      const { status, headers } = await client.response();
      answers.push(status);
      if (headers.connection === 'keep-alive') return [...answers, 'open'];
    }
  } catch {
    return answers;
  } finally {
    client.socket.destroy();
  }
}

const logged = () => plain.finished.length + secure.finished.length;
const executed = () => [...plain.finished, ...secure.finished].map((event) => event.path);

describe.each(['REST', 'admin', 'metrics', 'socket', 'TLS'])('on the port %s', (name) => {
  it('what is malformed is refused with its connection, and nothing behind it is executed', async () => {
    const port = ports[name] as Port;
    const before = logged();
    const outcomes = await Promise.all(
      REFUSED.map(async (request) => [request.name, await answersTo(request.raw + HIDDEN, port)]),
    );
    expect(Object.fromEntries(outcomes)).toEqual(
      Object.fromEntries(
        // Where no body is read, its chunks are of no interest.
        REFUSED.map(({ name: which, raw, status }) => [
          which,
          [port.body === undefined && raw.includes('BODY') ? 405 : status],
        ]),
      ),
    );
    expect(executed()).not.toContain('/hidden');
    // One line of the log for each, and no other: what is behind a refused request is not looked at.
    await until('each has its line', () => logged() - before >= REFUSED.length);
    await new Promise(setImmediate);
    expect([logged() - before, plain.diagnostics, secure.diagnostics]).toEqual([REFUSED.length, [], []]);
  });

  it('what only looks odd is served', async () => {
    const port = ports[name] as Port;
    const outcomes = await Promise.all(
      SERVED.map(async ({ name: which, raw }) => [which, (await answersTo(raw, port))[0]]),
    );
    expect(Object.fromEntries(outcomes)).toEqual(Object.fromEntries(SERVED.map((request) => [request.name, 200])));
  });

  it('a request for another protocol is answered as any other, and what comes behind it is not executed', async () => {
    const upgrade = requestText('GET TARGET', {
      connection: 'Upgrade, HTTP2-Settings',
      upgrade: 'h2c',
      'http2-settings': 'AAA',
    });
    expect(await answersTo(upgrade + HIDDEN, ports[name] as Port)).toEqual([200]);
    expect(executed()).not.toContain('/hidden');
  });
});
