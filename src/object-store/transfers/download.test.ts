import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  errorXml,
  type ObjectServer,
  openTestObjects,
  startObjectServer,
} from '../../../test/support/object-server.js';

let server: ObjectServer;
beforeEach(async () => {
  server = await startObjectServer();
});
afterEach(() => server[Symbol.asyncDispose]());

const OBJECT = { bucket: 'bucket', key: 'file' };
const BYTES = Buffer.from(Array.from({ length: 1_000 }, (_, index) => index % 256));
const ETAG = '"abc"';
const WHOLE = { body: BYTES, headers: { etag: ETAG } };

/** The rest of the file, as the store sends it. */
const rest = (from: number) => ({
  status: 206,
  body: BYTES.subarray(from),
  headers: { etag: ETAG, 'content-range': `bytes ${from}-${BYTES.length - 1}/${BYTES.length}` },
});

/** The bytes that come, or the error. */
async function read(range = {}): Promise<Buffer | string> {
  const { objects } = openTestObjects({ url: server.url, options: { maxAttempts: 3 } });
  const chunks: Uint8Array[] = [];
  try {
    const { body } = await objects.get(OBJECT, range);
    for await (const chunk of body) chunks.push(chunk);
    return Buffer.concat(chunks);
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return `${code}: ${message}`;
  } finally {
    objects.close();
  }
}

const ranges = () => server.seen.map(({ headers }) => [headers.range, headers['if-match']]);

describe('a connection that breaks', () => {
  it('is followed by one for the rest of the same object', async () => {
    server.reply({ ...WHOLE, cutAfter: 400 }, { ...rest(400), cutAfter: 100 }, rest(500));
    expect(await read()).toEqual(BYTES);
    expect(ranges()).toEqual([
      [undefined, undefined],
      ['bytes=400-999', ETAG],
      ['bytes=500-999', ETAG],
    ]);
  });

  it('of a range is followed by the rest of that', async () => {
    const headers = { etag: ETAG, 'content-range': 'bytes 100-299/1000' };
    server.reply(
      { status: 206, body: BYTES.subarray(100, 300), headers, cutAfter: 50 },
      {
        status: 206,
        body: BYTES.subarray(150, 300),
        headers: { etag: ETAG, 'content-range': 'bytes 150-299/1000' },
      },
    );
    expect(await read({ start: 100, end: 300 })).toEqual(BYTES.subarray(100, 300));
    expect(ranges()).toEqual([
      ['bytes=100-299', undefined],
      ['bytes=150-299', ETAG],
    ]);
  });

  it('ends the reading where the object is another one by then', async () => {
    server.reply({ ...WHOLE, cutAfter: 400 }, { status: 412, body: errorXml('PreconditionFailed') });
    expect(await read()).toBe(
      'failed_precondition: s3://bucket/file: the object has changed since it was first read (PreconditionFailed; No.; request id R1)',
    );
  });

  it('ends the reading where the store cannot say whether the object is the same', async () => {
    server.reply({ body: BYTES, cutAfter: 400 });
    expect(await read()).toMatch(/^unavailable: s3:\/\/bucket\/file does not answer: /);
  });

  it('ends the reading where the store does not know ranges', async () => {
    server.reply({ ...WHOLE, cutAfter: 400 }, WHOLE);
    expect(await read()).toBe(
      'unavailable: s3://bucket/file: the connection broke, and the store does not know ranges',
    );
  });

  it('ends the reading when it breaks objectStore.maxAttempts times without much between', async () => {
    server.reply({ ...WHOLE, cutAfter: 400 }, { ...rest(400), cutAfter: 1 }, { ...rest(401), cutAfter: 1 }, rest(402));
    expect(await read()).toMatch(/^unavailable: s3:\/\/bucket\/file does not answer: /);
    expect(server.seen.length).toBe(3);
  });
});

describe('the checksum that the store keeps', () => {
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(crc32(BYTES));
  const sha = createHash('sha256').update(BYTES).digest('base64');

  it.each([
    ['x-amz-checksum-sha256', sha],
    ['x-amz-checksum-crc32', crc.toString('base64')],
  ])('is asked for, and %s compared', async (name, value) => {
    server.reply({ ...WHOLE, headers: { etag: ETAG, [name]: value } });
    expect(await read()).toEqual(BYTES);
    expect(server.seen[0]?.headers['x-amz-checksum-mode']).toBe('ENABLED');
    server.reply({ body: Buffer.from('other bytes'), headers: { etag: ETAG, [name]: value } });
    expect(await read()).toMatch(
      /^internal: s3:\/\/bucket\/file: what came does not match the (SHA-256|CRC-32) that the store keeps of it$/,
    );
  });

  it('is compared over a broken connection, too', async () => {
    const headers = { etag: ETAG, 'x-amz-checksum-sha256': sha };
    server.reply({ body: BYTES, headers, cutAfter: 400 }, rest(400));
    expect(await read()).toEqual(BYTES);
    const wrong = Buffer.from(BYTES).fill(0, 700);
    server.reply({ body: BYTES, headers, cutAfter: 400 }, { ...rest(400), body: wrong.subarray(400) });
    expect(await read()).toMatch(/^internal: .* does not match the SHA-256/);
  });

  it('of the checksums of parts is left out', async () => {
    server.reply({ ...WHOLE, headers: { etag: ETAG, 'x-amz-checksum-sha256': `${sha}-3` } });
    expect(await read()).toEqual(BYTES);
    const headers = { etag: ETAG, 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-checksum-type': 'COMPOSITE' };
    server.reply({ ...WHOLE, headers });
    expect(await read()).toEqual(BYTES);
  });
});

it('an object is read on from an earlier read, if it is the same', async () => {
  server.reply(rest(400));
  expect(await read({ start: 400, etag: ETAG })).toEqual(BYTES.subarray(400));
  expect(ranges()).toEqual([['bytes=400-', ETAG]]);
  server.reply({ status: 412, body: errorXml('PreconditionFailed') });
  expect(await read({ start: 400, etag: '"other"' })).toMatch(
    /^failed_precondition: .* has changed since it was first read/,
  );
});

it('a store that sends the whole object for a range is refused', async () => {
  server.reply(WHOLE);
  expect(await read({ start: 100 })).toBe('failed_precondition: s3://bucket/file: the store does not know ranges');
});

it('an object whose length the store does not say is refused', async () => {
  server.reply({ body: '', headers: { 'content-length': '', 'transfer-encoding': 'chunked' } });
  expect(await read()).toMatch(/^(failed_precondition|unavailable): /);
});

it('says of an object what the store says', async () => {
  const headers = {
    etag: ETAG,
    'content-type': 'text/csv',
    'last-modified': 'Fri, 24 May 2013 00:00:00 GMT',
    'content-range': 'bytes 100-999/1000',
  };
  server.reply({ status: 206, body: BYTES.subarray(100), headers });
  const { objects } = openTestObjects({ url: server.url });
  const { info, lengthBytes, close } = await objects.get(OBJECT, { start: 100 });
  close();
  objects.close();
  expect(lengthBytes).toBe(900);
  expect(info).toEqual({
    sizeBytes: 1_000,
    etag: ETAG,
    contentType: 'text/csv',
    modifiedAtMs: Date.UTC(2013, 4, 24),
  });
});
