import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { FREE_PORTS, startCli } from '../support/cli-process.js';
import { ECHO } from '../support/dialect-requests.js';
import { createTempFolder } from '../support/model-folder.js';
import { ANNE, asking, contentsOf, form, KEYS } from '../support/openai-files.js';
import { until } from '../support/until.js';

const HEAD = '--b\r\ncontent-disposition: form-data; name="file"; filename="f"\r\n\r\n';
const TAIL = '\r\n--b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nbatch\r\n--b--\r\n';

let server: AppServer | undefined;
afterEach(async () => {
  await server?.[Symbol.asyncDispose]();
  server = undefined;
});

/** Begins an upload; the test sends its bytes. */
async function begin(
  port: number,
  framing: string,
): Promise<{ readonly socket: Socket; readonly answer: Promise<string> }> {
  const socket = connect(port, '127.0.0.1');
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  let text = '';
  const answer = new Promise<string>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.on('close', () => resolve(text));
    socket.on('error', () => resolve(text));
  });
  const type = 'content-type: multipart/form-data; boundary=b';
  socket.write(
    `POST /v1/files HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${ANNE}\r\n${type}\r\n${framing}\r\n\r\n`,
  );
  return { socket, answer };
}

const start = async (settings: object = {}) => {
  server = await startAppServer({}, { auth: { keys: KEYS }, ...settings });
  return server;
};

it('an upload whose client leaves is not stored, and leaves nothing', async () => {
  const app = await start();
  const { socket } = await begin(app.port, 'content-length: 1000000');
  socket.write(HEAD + 'x'.repeat(100_000));
  await until('its bytes arrive', async () => (await contentsOf(app)).length === 1);
  socket.destroy();
  await until('nothing is left', async () => (await contentsOf(app)).length === 0);
  expect((await asking(app.port)('files')).json.data).toEqual([]);
});

it('an upload that stops arriving is answered with 408, and leaves nothing', async () => {
  const app = await start({ server: { receiveGraceMs: 300 } });
  const { socket, answer } = await begin(app.port, 'content-length: 1000000');
  socket.write(HEAD + 'x'.repeat(1_000));
  expect(await answer).toMatch(
    /^HTTP\/1\.1 408 [\s\S]*the body arrived too slowly: fewer than 1024 bytes per second for 300 ms/,
  );
  expect(await contentsOf(app)).toEqual([]);
});

it('an upload may take longer than another request, as long as it arrives', async () => {
  const app = await start({ server: { receiveTimeoutMs: 300, headersTimeoutMs: 300 } });
  const { socket, answer } = await begin(app.port, 'transfer-encoding: chunked\r\nconnection: close');
  const chunk = (text: string) => socket.write(`${text.length.toString(16)}\r\n${text}\r\n`);
  chunk(HEAD);
  const startedAt = performance.now();
  // Node looks for requests that are late each 150 ms, by a clock of its own.
  await until('its time was over several times', () => {
    chunk('x'.repeat(5_000));
    return performance.now() - startedAt > 1_000;
  });
  chunk(TAIL);
  socket.write('0\r\n\r\n');
  expect(await answer).toMatch(/^HTTP\/1\.1 200 /);
});

it('a client that waits for 100 Continue is asked for its body', async () => {
  const app = await start();
  const body = `${HEAD}x${TAIL}`;
  const framing = `content-length: ${body.length}\r\nconnection: close\r\nexpect: 100-continue`;
  const { socket, answer } = await begin(app.port, framing);
  await new Promise((resolve) => socket.once('data', resolve));
  socket.write(body);
  expect(await answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
});

it('a body that is compressed is refused', async () => {
  const app = await start();
  const answer = await asking(app.port)('files', {
    body: form(['purpose', 'batch'], ['file', new Blob(['x']), 'f']),
    headers: { 'content-encoding': 'gzip' },
  });
  expect(answer).toMatchObject({
    status: 415,
    json: { error: { message: "content-encoding 'gzip' is not supported here: send the body uncompressed" } },
  });
});

it('a program hands an upload over without a socket', async () => {
  const app = await start();
  const headers = { authorization: `Bearer ${ANNE}` };
  const body = form(['file', new Blob(['x'.repeat(200_000)]), 'f'], ['purpose', 'batch']);
  const response = await app.app.fetch(new Request('http://localhost/v1/files', { method: 'POST', headers, body }));
  const { id } = (await response.json()) as { readonly id: string };
  const content = await app.app.fetch(new Request(`http://localhost/v1/files/${id}/content`, { headers }));
  expect((await content.text()).length).toBe(200_000);
});

it('files that arrive and leave are never in memory as wholes', async () => {
  await using folder = await createTempFolder({
    'models/floats/1/': '',
    'models/floats/model.yaml': ECHO,
    'millrace.yaml': 'repository: { paths: [./models] }\n',
  });
  const cli = startCli(['serve', ...FREE_PORTS, '--json'], { cwd: folder.path });
  await using _ended = cli;
  const { http } = await cli.nextEvent();
  await cli.nextEvent();
  const { port } = new URL(String(http));
  const peak = async () =>
    Number(/VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${cli.child.pid}/status`, 'utf8'))?.[1]) * 1_024;
  const megabyte = Buffer.alloc(1_048_576, 'x');
  const send = async (count: number) => {
    const { socket, answer } = await begin(Number(port), 'transfer-encoding: chunked\r\nconnection: close');
    const write = async (bytes: Uint8Array) => {
      socket.write(`${bytes.byteLength.toString(16)}\r\n`);
      socket.write(bytes);
      if (!socket.write('\r\n')) await new Promise((resolve) => socket.once('drain', resolve));
    };
    await write(Buffer.from(HEAD));
    for (let sent = 0; sent < count; sent++) await write(megabyte);
    await write(Buffer.from(TAIL));
    socket.write('0\r\n\r\n');
    const text = await answer;
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    return /file-[0-9a-f]{32}/.exec(text)?.[0];
  };
  await send(20);
  const before = await peak();
  const id = await send(300);
  const response = await fetch(`http://127.0.0.1:${port}/v1/files/${id}/content`);
  let received = 0;
  for await (const chunk of response.body ?? []) received += chunk.byteLength;
  expect(received).toBe(300 * megabyte.byteLength);
  expect((await peak()) - before).toBeLessThan(100 * megabyte.byteLength);
}, 120_000);
