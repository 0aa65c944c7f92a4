import type { RequestListener } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.js';
import { HTTPS_CA, type HttpsFiles, startHttpsFiles } from '../../test/support/https-files.js';
import { systemClock } from '../core/index.js';
import type { Resolve } from '../network/index.js';
import { type HttpsInput, readHttpsInput } from './https-input.js';

let web: HttpsFiles;
beforeAll(async () => {
  web = await startHttpsFiles();
});
afterAll(() => web[Symbol.asyncDispose]());
beforeEach(() => web.files.clear());

const signal = new AbortController().signal;

const inputOf = (path: string): HttpsInput => ({
  options: { allowPrivate: [`localhost:${web.port}`], caFile: HTTPS_CA },
  clock: systemClock,
  url: `${web.url}${path}`,
  refusalOf: (url) => (url.startsWith(`${web.url}/in/`) ? undefined : `'${url}' is not listed`),
  maxBytes: 1_000,
  limitName: 'files.maxFileBytes',
  signal,
});

/** What is read, or why it is not, with the address of the server left out. */
async function outcomeOf(path: string, more: Partial<HttpsInput> = {}) {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of readHttpsInput({ ...inputOf(path), ...more })) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  } catch (error) {
    const { name, code, message } = error as Error & { readonly code: string };
    return `${name} ${code}: ${message.replaceAll(web.url, '')}`;
  }
}

/** Each name has the next of these addresses. */
function resolving(...addresses: readonly string[]) {
  const asked: string[] = [];
  const resolve = ((host: string, options: { all?: boolean }, callback: (...found: unknown[]) => void) => {
    const address = addresses[asked.length] ?? addresses.at(-1) ?? '';
    asked.push(host);
    const family = address.includes(':') ? 6 : 4;
    if (options.all === true) callback(null, [{ address, family }]);
    else callback(null, address, family);
  }) as unknown as Resolve;
  return { resolve, asked };
}

describe('a file of a web server', () => {
  it('is read whole, and nothing that says who asks goes along', async () => {
    web.files.set('/in/a', 'one\ntwo');
    expect(await outcomeOf('/in/a')).toBe('one\ntwo');
    expect(web.asked.at(-1)).toEqual({
      method: 'GET',
      url: '/in/a',
      headers: {
        'accept-encoding': 'identity',
        'user-agent': 'millrace',
        host: `localhost:${web.port}`,
        connection: 'close',
      },
    });
  });

  it('is read in chunks of unknown length, too', async () => {
    web.files.set('/in/a', (_, response) => {
      response.write('one\n');
      response.end('two');
    });
    expect(await outcomeOf('/in/a')).toBe('one\ntwo');
  });

  it.each<[string, RequestListener, string]>([
    [
      'that is missing',
      (_, to) => to.writeHead(404).end(),
      "WrongInput input_unreadable: '/in/a' is not there (status 404)",
    ],
    [
      'that is denied',
      (_, to) => to.writeHead(403).end(),
      "WrongInput input_unreadable: '/in/a' answers with the status 403; expected 200",
    ],
    [
      'that comes in part',
      (_, to) => to.writeHead(206, { 'content-range': 'bytes 0-0/9' }).end('x'),
      "WrongInput input_unreadable: '/in/a' answers with the status 206; expected 200",
    ],
    [
      'that is compressed',
      (_, to) => to.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
      "WrongInput input_unreadable: '/in/a' answers with the encoding 'gzip'; expected none",
    ],
    [
      'of unknown length',
      (_, to) => {
        to.useChunkedEncodingByDefault = false;
        to.removeHeader('transfer-encoding');
        to.writeHead(200).end('x');
      },
      "WrongInput input_unreadable: '/in/a' does not say where it ends: expected Content-Length or chunks",
    ],
    [
      'that says that it is too large',
      (_, to) => to.writeHead(200, { 'content-length': '1001' }).flushHeaders(),
      'FileTooLarge invalid_argument: the file is too large: expected at most 1000 bytes (files.maxFileBytes)',
    ],
    [
      'of a server with too much to do',
      (_, to) => to.writeHead(429).end(),
      "MillraceError unavailable: '/in/a' answers with the status 429; expected 200",
    ],
    [
      'of a server that fails',
      (_, to) => to.writeHead(502).end(),
      "MillraceError unavailable: '/in/a' answers with the status 502; expected 200",
    ],
    [
      'that breaks off',
      (_, to) => {
        to.writeHead(200, { 'content-length': '100' });
        to.write('0123456789', () => to.destroy());
      },
      "MillraceError unavailable: '/in/a' broke off after 10 of 100 bytes (aborted)",
    ],
    [
      'that breaks off between its chunks',
      (_, to) => {
        to.write('0123456789', () => to.destroy());
      },
      "MillraceError unavailable: '/in/a' broke off after 10 bytes (aborted)",
    ],
  ])('%s is not read', async (_, answer, expected) => {
    web.files.set('/in/a', answer);
    expect(await outcomeOf('/in/a')).toBe(expected);
  });

  it('is read from a server whose certificate the settings trust', async () => {
    web.files.set('/in/a', 'x');
    const allowPrivate = [`localhost:${web.port}`];
    // Node 24 adds an advice.
    expect(await outcomeOf('/in/a', { options: { allowPrivate, caFile: '' } })).toMatch(
      /^MillraceError unavailable: {2}does not answer: self-signed certificate(;|$)/,
    );
    expect(await outcomeOf('/in/a', { options: { allowPrivate, caFile: 'nowhere.crt' } })).toBe(
      'MillraceError unavailable: the file of jobs.inputs.caFile cannot be read',
    );
  });

  it('of which nothing more comes is given up', async () => {
    const clock = new FakeClock();
    web.files.set('/in/a', (_, response) => void response.write('0123456789'));
    const reading = readHttpsInput({ ...inputOf('/in/a'), clock });
    expect((await reading.next()).value?.byteLength).toBe(10);
    const rest = reading.next().catch((error: Error) => error.message);
    await clock.advance(60_000);
    expect(await rest).toBe(`'${web.url}/in/a' broke off after 10 bytes (nothing came for 60 s)`);
  });

  it('is read no more once the batch is cancelled', async () => {
    const controller = new AbortController();
    web.files.set('/in/a', (_, response) => {
      response.write('x', () => controller.abort(new Error('the batch was cancelled')));
    });
    expect(await outcomeOf('/in/a', { signal: controller.signal })).toBe('Error undefined: the batch was cancelled');
  });
});

describe('a redirect of a web server', () => {
  it('is followed below the prefixes of its caller', async () => {
    web.files.set('/in/a', (_, response) => response.writeHead(302, { location: 'b' }).end());
    web.files.set('/in/b', 'x');
    expect(await outcomeOf('/in/a')).toBe('x');
  });

  it.each([
    ['/out/b', "'/in/a' redirects: '/out/b' is not listed"],
    ['../out/b', "'/in/a' redirects: '/out/b' is not listed"],
    ['https://169.254.169.254/latest', "'/in/a' redirects: 'https://169.254.169.254/latest' is not listed"],
    ['http://localhost/in/b', "'/in/a' redirects: 'http://localhost/in/b' is not listed"],
    ['file:///etc/passwd', "'/in/a' redirects: 'file:///etc/passwd' is not listed"],
  ])('to %s is not', async (location, message) => {
    web.files.set('/in/a', (_, response) => response.writeHead(302, { location }).end());
    const before = web.asked.length;
    expect(await outcomeOf('/in/a')).toBe(`WrongInput input_not_allowed: ${message}`);
    expect(web.asked.length).toBe(before + 1);
  });

  it('is not followed for ever', async () => {
    web.files.set('/in/a', (_, response) => response.writeHead(302, { location: 'a' }).end());
    expect(await outcomeOf('/in/a')).toBe('WrongInput input_not_allowed: /in/a redirects more than 5 times');
  });

  it('to a host with internal addresses is not followed, though its prefix is listed', async () => {
    web.files.set('/in/a', (_, response) => response.writeHead(302, { location: 'https://10.0.0.1/in/b' }).end());
    expect(await outcomeOf('/in/a', { refusalOf: () => undefined })).toBe(
      'WrongInput input_not_allowed: https://10.0.0.1 is not asked: 10.0.0.1 is an internal address; jobs.inputs.allowPrivate lifts that for its host',
    );
  });
});

describe('the address of a web server', () => {
  it.each(['127.0.0.1', '10.0.0.1', '169.254.169.254', '[::1]', '[fe80::1]', '[64:ff9b::a00:1]', '[2002:a00:1::]'])(
    '%s is not asked',
    async (host) => {
      const address = host.replace(/[[\]]/g, '');
      expect(await outcomeOf('', { url: `https://${host}/in/a` })).toBe(
        `WrongInput input_not_allowed: https://${host} is not asked: ${address} is an internal address; jobs.inputs.allowPrivate lifts that for its host`,
      );
    },
  );

  it.each(['127.0.0.1', '192.168.0.9', '64:ff9b::10.0.0.1', '2002:a00:1::', 'fd00::1'])(
    '%s is not asked behind a name that is listed',
    async (address) => {
      const { resolve, asked } = resolving(address);
      expect(await outcomeOf('', { url: 'https://files.example/in/a', resolve })).toBe(
        `WrongInput input_not_allowed: https://files.example is not asked: files.example has the internal address ${address}; jobs.inputs.allowPrivate lifts that for its host`,
      );
      expect(asked).toEqual(['files.example']);
    },
  );

  it('is looked up once, and asked: the next look-up may have another one', async () => {
    web.files.set('/in/a', 'x');
    const { resolve, asked } = resolving('127.0.0.1', '203.0.113.1');
    expect(await outcomeOf('/in/a', { resolve })).toBe('x');
    expect(asked).toEqual(['localhost']);
  });
});
