import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { until } from '../../../../test/support/until.js';
import { systemClock } from '../../../core/index.js';
import { createFetchJson } from './fetch-json.js';

const CA = 'test/fixtures/tls/first.crt';
const TLS = { cert: readFileSync(CA), key: readFileSync('test/fixtures/tls/first.key') };
const NOTHING = { caFile: '', tokenFile: '' };

const open: { close(): void }[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

async function serve(answer: RequestListener, tls = false): Promise<string> {
  const server: Server = tls ? createTlsServer(TLS, answer) : createServer(answer);
  open.push({
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return tls ? `https://localhost:${port}/d` : `http://127.0.0.1:${port}/d`;
}

const fetchJson = createFetchJson(systemClock);
/** What is got, or what is said of it with the address left out. */
const ask = async (answer: RequestListener) => {
  const url = await serve(answer);
  return await fetchJson({ url, ...NOTHING }).catch((error: Error) => error.message.replace(url, 'it'));
};

describe('a document over HTTP', () => {
  it('is read whole', async () => {
    expect(await ask((_req, res) => res.end('{"a":["ä"]}'))).toEqual({ a: ['ä'] });
  });

  it.each<[string, RequestListener, string]>([
    [
      'a redirect',
      (_req, res) => res.writeHead(302, { location: '/x' }).end(),
      'it redirects (status 302), which is not followed',
    ],
    ['an error', (_req, res) => res.writeHead(500).end('{}'), 'it answers with status 500'],
    ['what is no JSON', (_req, res) => res.end('<html>'), 'it is no JSON'],
    [
      'a compressed one',
      (_req, res) => res.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
      "it answers with the encoding 'gzip'; expected none",
    ],
    [
      '10 MB',
      (_req, res) => res.writeHead(200, { 'content-length': 10_000_000 }).write('['),
      'it is longer than 1048576 bytes',
    ],
    [
      'what breaks off',
      (req, res) => res.writeHead(200, { 'content-length': 10 }).write('[', () => req.socket.destroy()),
      'it broke off: aborted',
    ],
    ['a connection that is closed', (req) => req.socket.destroy(), 'it does not answer: socket hang up'],
  ])('is not read from %s', async (_, answer, message) => expect(await ask(answer)).toBe(message));

  it('that never ends is read no further than a mebibyte', async () => {
    let sentBytes = 0;
    const endless: RequestListener = (_req, res) => {
      const more = () => {
        while (!res.destroyed && res.write(Buffer.alloc(65_536, ' '))) sentBytes += 65_536;
      };
      res.on('drain', more).on('error', () => undefined);
      more();
    };
    expect(await ask(endless)).toBe('it is longer than 1048576 bytes');
    expect(sentBytes).toBeLessThan(20_000_000);
  });

  it('that does not come is not waited for', async () => {
    const clock = new FakeClock();
    const asked: string[] = [];
    const url = await serve((req, res) => {
      asked.push(req.url ?? '');
      res.writeHead(200).write('{');
    });
    const got = createFetchJson(clock)({ url, ...NOTHING }).catch((error: Error) => error.message);
    await until('it is asked for', () => asked.length === 1);
    await clock.advance(5_000);
    expect([await got, clock.pendingTimers]).toEqual([`${url} has not answered within 5 s`, 0]);
  });

  it('is not there where nobody listens', async () => {
    await expect(fetchJson({ url: 'http://127.0.0.1:9/', ...NOTHING })).rejects.toThrow(
      'http://127.0.0.1:9/ does not answer: connect ECONNREFUSED 127.0.0.1:9',
    );
  });
});

describe('an issuer inside a cluster', () => {
  it('is trusted by the file of its authority, and told who asks by the token of another file, as it is then', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-issuer-'));
    try {
      const tokens: (string | undefined)[] = [];
      const url = await serve((req, res) => {
        tokens.push(req.headers.authorization);
        res.end('{}');
      }, true);
      const tokenFile = join(folder, 'token');
      for (const token of ['first', 'second\n']) {
        writeFileSync(tokenFile, token);
        await fetchJson({ url, caFile: CA, tokenFile });
      }
      expect(tokens).toEqual(['Bearer first', 'Bearer second']);
      await expect(fetchJson({ url, ...NOTHING })).rejects.toThrow('does not answer: self-signed certificate');
      await expect(fetchJson({ url, caFile: join(folder, 'none'), tokenFile: '' })).rejects.toThrow('ENOENT');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
