import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { type RegistryServer, startRegistryServer } from '../../../test/support/registry-server.js';
import { until } from '../../../test/support/until.js';
import { systemClock } from '../../core/index.js';
import type { Resolve } from '../../network/index.js';
import { HttpClient, readText } from './http-client.js';

let server: RegistryServer;
beforeEach(async () => {
  server = await startRegistryServer();
});
afterEach(() => server[Symbol.asyncDispose]());

/** Every name has this address. */
const resolveTo = (address: string) =>
  ((_host: string, _options: object, callback: (error: null, found: object[]) => void) =>
    callback(null, [{ address, family: 4 }])) as unknown as Resolve;

async function outcomeOf(location: string, allowPrivate = false, resolve?: Resolve) {
  const url = server.put('a', { content: Buffer.from('text'), faults: [{ location }] });
  server.put('b', { content: Buffer.from('other text') });
  const client = new HttpClient({
    clock: systemClock,
    stallMs: 60_000,
    allowPrivate,
    ...(resolve === undefined ? {} : { resolve }),
  });
  const request = { url, trusted: server.url, authorization: 'Bearer secret' };
  const answer = await client.get(request).catch((error: Error) => error);
  if (answer instanceof Error) return answer.message.replaceAll(server.url, '');
  return readText(answer, 100);
}

describe('redirects', () => {
  it('are followed on the server that was named, with its credentials', async () => {
    expect(await outcomeOf('/files/b')).toBe('other text');
    expect(server.seen.map(({ authorization }) => authorization)).toEqual(['Bearer secret', 'Bearer secret']);
  });

  it.each([
    [
      'https://10.0.0.1/x',
      'https://10.0.0.1 is not asked: 10.0.0.1 is an internal address; --allow-private lifts that',
    ],
    ['https://[::1]:9/x', 'https://[::1]:9 is not asked: ::1 is an internal address; --allow-private lifts that'],
    [
      'https://0x7f.1/x',
      'https://127.0.0.1 is not asked: 127.0.0.1 is an internal address; --allow-private lifts that',
    ],
    [
      'https://2130706433/x',
      'https://127.0.0.1 is not asked: 127.0.0.1 is an internal address; --allow-private lifts that',
    ],
    [
      'https://169.254.169.254/latest',
      'https://169.254.169.254 is not asked: 169.254.169.254 is an internal address; --allow-private lifts that',
    ],
    ['http://a.example/', '/files/a redirects to http://a.example/, which is not encrypted; expected https://'],
    ['file:///etc/passwd', '/files/a redirects to file:///etc/passwd, which is not encrypted; expected https://'],
    ['http://', "/files/a redirects to 'http://', which is no URL"],
    ['/files/a', 'other'],
  ])('to %s are refused', async (location, message) => {
    if (message === 'other') {
      expect(await outcomeOf(location)).toBe('text');
      return;
    }
    expect(await outcomeOf(location)).toBe(message);
  });

  it('to a name with an internal address are refused, by the address that would be connected to', async () => {
    expect(await outcomeOf('https://cdn.example/x', false, resolveTo('192.168.0.9'))).toBe(
      'https://cdn.example is not asked: cdn.example has the internal address 192.168.0.9; --allow-private lifts that',
    );
  });

  it('to internal addresses are followed where that is allowed', async () => {
    // Nothing there speaks TLS; that it was asked is enough.
    const port = new URL(server.url).port;
    expect(await outcomeOf(`https://localhost:${port}/x`, true)).toMatch(/^https:\/\/localhost:\d+ does not answer: /);
  });

  it('are not followed for ever', async () => {
    const url = server.put('a', {
      content: Buffer.from(''),
      faults: Array.from({ length: 9 }, () => ({ location: '/files/a' })),
    });
    const client = new HttpClient({ clock: systemClock, stallMs: 60_000, allowPrivate: false });
    await expect(client.get({ url, trusted: server.url })).rejects.toThrow(`${url} redirects more than 5 times`);
  });
});

describe('a server', () => {
  it('that does not answer is told from one that is not there', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { readonly port: number };
    const trusted = `http://127.0.0.1:${port}`;
    const clock = new FakeClock();
    const client = new HttpClient({ clock, stallMs: 60_000, allowPrivate: false });
    const asking = client.get({ url: `${trusted}/`, trusted }).catch((error: unknown) => error);
    await until('it is asked', () => clock.pendingTimers === 1);
    await clock.advance(60_000);
    expect(await asking).toMatchObject({
      code: 'unavailable',
      message: `${trusted} does not answer: nothing came for 60 s`,
    });
    silent.closeAllConnections();
    await new Promise((resolve) => silent.close(resolve));
    await expect(client.get({ url: `${trusted}/`, trusted })).rejects.toMatchObject({
      code: 'unavailable',
      message: `${trusted} does not answer: connect ECONNREFUSED 127.0.0.1:${port}`,
    });
  });

  it('that sends more than expected is refused', async () => {
    const url = server.put('a', { content: Buffer.alloc(2_000) });
    const client = new HttpClient({ clock: systemClock, stallMs: 60_000, allowPrivate: false });
    const answer = await client.get({ url, trusted: server.url });
    await expect(readText(answer, 1_000)).rejects.toThrow(`${url} answers with more than 1000 bytes`);
  });

  it('that the user has not named is not asked without encryption', async () => {
    const client = new HttpClient({ clock: systemClock, stallMs: 60_000, allowPrivate: false });
    await expect(client.get({ url: `${server.url}/x` })).rejects.toThrow(
      `${server.url}/x is not encrypted; expected https://`,
    );
  });
});
