import type { LookupAddress } from 'node:dns';
import { createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.js';
import { until } from '../../test/support/until.js';
import { startWebhookReceiver, type WebhookReceiver } from '../../test/support/webhook-receiver.js';
import { systemClock } from '../core/index.js';
import type { Resolve } from '../network/index.js';
import { ReceiverClient } from './receiver-client.js';

let receiver: WebhookReceiver;
beforeEach(async () => {
  receiver = await startWebhookReceiver('http');
});
afterEach(() => receiver[Symbol.asyncDispose]());

const noCa = async () => undefined;
const { signal } = new AbortController();

/** Each look-up has the next of these addresses. */
function resolving(...addresses: string[]) {
  const asked: string[] = [];
  const resolve = ((host: string, _options: object, callback: (error: null, found: LookupAddress[]) => void) => {
    asked.push(host);
    callback(null, [{ address: addresses[Math.min(asked.length, addresses.length) - 1] ?? '', family: 4 }]);
  }) as unknown as Resolve;
  return { asked, resolve };
}

async function send(url: string, { isPrivate = false, resolve }: { isPrivate?: boolean; resolve?: Resolve } = {}) {
  const client = new ReceiverClient({ clock: systemClock, timeoutMs: 30_000, ca: noCa, resolve });
  const request = { method: 'POST' as const, url: new URL(url), headers: {}, body: '{}', isPrivate, signal };
  return client.send(request).then(
    ({ status }) => status,
    (error: Error) => `${error.name}: ${error.message}`,
  );
}

describe('a receiver', () => {
  it.each([
    ['https://127.0.0.1/', '127.0.0.1'],
    ['https://0x7f.1/', '127.0.0.1'],
    ['https://2130706433/', '127.0.0.1'],
    ['https://169.254.169.254/latest/meta-data', '169.254.169.254'],
    ['https://[::1]/', '::1'],
    ['https://[::ffff:10.0.0.1]/', '::ffff:a00:1'],
    ['https://[64:ff9b::a9fe:a9fe]/', '64:ff9b::a9fe:a9fe'],
    ['https://[2002:7f00:1::]/', '2002:7f00:1::'],
    ['https://[2001:0:4136:e378::1]/', '2001:0:4136:e378::1'],
    ['https://[fe80::1]/', 'fe80::1'],
    ['https://[fd00::1]/', 'fd00::1'],
  ])('at %s is not asked: the address is internal', async (url, address) => {
    expect(await send(url)).toBe(`ReceiverUnreachable: no answer: ${address} is an internal address`);
  });

  it('with an internal address is not asked, whatever its name', async () => {
    const { resolve } = resolving('169.254.169.254');
    expect(await send('https://hooks.example/', { resolve })).toBe(
      'ReceiverUnreachable: no answer: hooks.example has the internal address 169.254.169.254',
    );
  });

  it('is looked up once, and asked at that address: the next look-up may have another one', async () => {
    const { port } = new URL(receiver.url);
    const { resolve, asked } = resolving('127.0.0.1', '203.0.113.1');
    expect(await send(`http://hooks.example:${port}/x`, { resolve, isPrivate: true })).toBe(204);
    expect([asked, receiver.received.map(({ headers }) => headers.host)]).toEqual([
      ['hooks.example'],
      [`hooks.example:${port}`],
    ]);
  });

  it('that redirects is not followed', async () => {
    receiver.respond = () => ({ status: 307, headers: { location: `${receiver.url}/other` } });
    expect(await send(receiver.url, { isPrivate: true })).toBe(307);
    expect(receiver.received.map(({ path }) => path)).toEqual(['/jobs']);
  });

  it('that answers without end is read for a few kilobytes', async () => {
    const closed: boolean[] = [];
    const endless = createServer((socket) => {
      socket.on('error', () => undefined).on('close', () => closed.push(true));
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
      const chunk = `1000\r\n${'x'.repeat(4_096)}\r\n`;
      const more = () => {
        while (!socket.destroyed && socket.write(chunk));
      };
      socket.on('drain', more);
      more();
    });
    await new Promise<void>((resolve) => endless.listen(0, '127.0.0.1', resolve));
    const { port } = endless.address() as { readonly port: number };
    expect(await send(`http://127.0.0.1:${port}/`, { isPrivate: true })).toBe(200);
    await until('the connection is closed', () => closed.length === 1);
    endless.close();
  });

  it('that hangs is given up after the limit', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { readonly port: number };
    const clock = new FakeClock();
    const client = new ReceiverClient({ clock, timeoutMs: 15_000, ca: noCa });
    const url = new URL(`http://127.0.0.1:${port}/`);
    const sending = client.send({ method: 'OPTIONS', url, headers: {}, isPrivate: true, signal }).catch(String);
    await until('it is asked', () => sockets.length === 1 && clock.pendingTimers === 1);
    await clock.advance(15_000);
    expect(await sending).toBe('ReceiverUnreachable: no answer: nothing within 15000 ms');
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
});
