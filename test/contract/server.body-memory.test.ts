import { afterEach, describe, expect, it } from 'vitest';
import { type BodyMemory, MillraceError } from '../../src/core/index.js';
import { createFakeService } from '../support/fake-service.js';
import { closeTestServers, startTestServer } from '../support/http-server.js';
import { RawClient, requestText } from '../support/raw-client.js';
import { until } from '../support/until.js';

afterEach(closeTestServers);

const DATA_BYTES = 200_000;
const JSON_TEXT = JSON.stringify({
  inputs: [{ name: 'x', datatype: 'UINT8', shape: [DATA_BYTES], parameters: { binary_data_size: DATA_BYTES } }],
});
const BODY_BYTES = JSON_TEXT.length + DATA_BYTES;
const DATA = Buffer.alloc(DATA_BYTES, 'millrace');
const HEADERS = {
  'content-length': String(BODY_BYTES),
  'inference-header-content-length': String(JSON_TEXT.length),
};
const CLAIM = `claim ${BODY_BYTES} ${JSON_TEXT.length}`;

function head(headers: Readonly<Record<string, string>>): string {
  return requestText('POST /v2/models/m/infer', headers);
}

/** Memory for one body, which is used again at once, and what is asked of it; and a service that has seen inputs. */
function createMemory(options: { readonly fastPath: boolean }) {
  const memory = new Uint8Array(BODY_BYTES);
  const asked: string[] = [];
  const seen: Uint8Array[] = [];
  const bodies: BodyMemory = {
    claim: (sizeBytes, dataAt) => {
      asked.push(`claim ${sizeBytes} ${dataAt}`);
      return memory;
    },
    hold: () => true,
    release: (data) => {
      asked.push(data === memory ? 'release' : 'release something else');
      memory.fill(0);
    },
  };
  const service = createFakeService({
    infer: async (_call, _resolved, request) => {
      seen.push(...request.inputs.map(({ data }) => data));
      expect(seen.every((data) => DATA.equals(data))).toBe(true);
      throw new MillraceError('unavailable', 'seen');
    },
  });
  return { memory, asked, seen, settings: { options, service, dependencies: { bodies } } };
}

describe.each([
  ['the fast path', { fastPath: true }],
  ['node:http', { fastPath: false }],
])('a binary body that %s reads', (_who, options) => {
  it('is received into memory that runners read, which it has until it has settled', async () => {
    const { memory, asked, seen, settings } = createMemory(options);
    const { port, finishedWith } = await startTestServer(settings);
    const client = await RawClient.connect(port);
    client.send(head(HEADERS), JSON_TEXT, DATA);
    expect((await client.response()).status).toBe(503);
    await finishedWith(() => true);
    expect([seen.length, seen[0]?.buffer === memory.buffer, asked]).toEqual([1, true, [CLAIM, 'release']]);
    // And another one after it.
    client.send(head(HEADERS), JSON_TEXT, DATA);
    expect((await client.response()).status).toBe(503);
    client.socket.destroy();
  });

  it('gives its memory back when its client leaves before all of it has come', async () => {
    const { asked, seen, settings } = createMemory(options);
    const { port } = await startTestServer(settings);
    const client = await RawClient.connect(port);
    client.send(head(HEADERS), JSON_TEXT, DATA.subarray(1));
    await until('its memory is claimed', () => asked.length > 0);
    client.socket.destroy();
    await until('its memory is released', () => asked.includes('release'));
    expect([asked.at(-1), seen]).toEqual(['release', []]);
  });

  it('comes whole, however slowly', async () => {
    const { asked, seen, settings } = createMemory(options);
    const { port, finishedWith } = await startTestServer(settings);
    const client = await RawClient.connect(port);
    client.send(head(HEADERS), JSON_TEXT, DATA.subarray(0, 150_000));
    await until('its memory is claimed', () => asked.length > 0);
    // What does not come in time is left to node:http, with what has come.
    if (options.fastPath) await until('its memory is released', () => asked.includes('release'));
    client.send(DATA.subarray(150_000));
    expect((await client.response()).status).toBe(503);
    await finishedWith(() => true);
    const claims = options.fastPath ? 2 : 1;
    expect([seen.length, asked]).toEqual([1, Array.from({ length: claims }, () => [CLAIM, 'release']).flat()]);
    client.socket.destroy();
  });

  it.each([
    ['without a length', { 'content-length': undefined, 'transfer-encoding': 'chunked' }],
    ['of JSON alone', { 'inference-header-content-length': undefined }],
    ['behind JSON that is decoded in a thread', { 'inference-header-content-length': '131073' }],
    ['that is compressed', { 'content-encoding': 'gzip' }],
  ])('%s comes in memory of its own', async (_what, changes) => {
    const { asked, settings } = createMemory(options);
    const { port } = await startTestServer(settings);
    const headers = Object.entries({ ...HEADERS, ...changes }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    );
    const chunked = 'transfer-encoding' in changes;
    const body = Buffer.concat([Buffer.from(JSON_TEXT), DATA]);
    const client = await RawClient.connect(port);
    client.send(head(Object.fromEntries(headers)));
    client.send(...(chunked ? [`${body.length.toString(16)}\r\n`, body, '\r\n0\r\n\r\n'] : [body]));
    await client.response();
    expect(asked).toEqual([]);
    client.socket.destroy();
  });
});
