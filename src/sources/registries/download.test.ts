import { createHash } from 'node:crypto';
import { open, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { createTempFolder, type TempFolder } from '../../../test/support/model-folder.js';
import { type RegistryServer, type ServedFile, startRegistryServer } from '../../../test/support/registry-server.js';
import { someBytes } from '../../../test/support/sources-fixture.js';
import { until } from '../../../test/support/until.js';
import { type Clock, systemClock } from '../../core/index.js';
import { PROCESS_MARK } from '../../repository/index.js';
import type { Digest } from '../digest.js';
import { DownloadCache } from '../network/cache.js';
import { HttpClient } from '../network/http-client.js';
import { download } from './download.js';

const CONTENT = someBytes(40_000);
const DIGEST: Digest = { algorithm: 'sha256', hex: createHash('sha256').update(CONTENT).digest('hex') };

let server: RegistryServer;
let folder: TempFolder;
beforeEach(async () => {
  server = await startRegistryServer();
  folder = await createTempFolder();
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

interface Options {
  readonly digest?: Digest | undefined;
  readonly clock?: Clock;
  readonly maxBytes?: number;
  readonly sizeBytes?: number;
}

/** Downloads the file with its digest known, unless told otherwise; resolves with what is there, or the error's words. */
async function fetchFile(file: Partial<ServedFile>, options: Options = {}) {
  const url = server.put('m.gguf', { content: CONTENT, ...file });
  const progress: (readonly [number, number | undefined])[] = [];
  const artefact = {
    name: 'm.gguf',
    url,
    digest: 'digest' in options ? options.digest : DIGEST,
    sizeBytes: options.sizeBytes,
    version: undefined,
    trusted: server.url,
    authorization: undefined,
  };
  const setup = {
    client: new HttpClient({ clock: options.clock ?? systemClock, stallMs: 60_000, allowPrivate: false }),
    cache: new DownloadCache(folder.path, 1_000_000),
    maxBytes: options.maxBytes ?? 100_000,
    onProgress: (received: number, total: number | undefined) => {
      progress.push([received, total]);
      server.received(received);
    },
  };
  const result = await download(artefact, setup).catch((error: Error) => error.message.replaceAll(server.url, ''));
  if (typeof result === 'string') return { error: result, isWhole: false, progress };
  return { ...result, isWhole: CONTENT.equals(await readFile(result.file)), progress };
}

const ranges = () => server.seen.map(({ range }) => range);
const inCache = async () => (await readdir(folder.path)).sort();
const sizesInCache = async () =>
  Promise.all((await inCache()).map(async (name) => (await stat(path.join(folder.path, name))).size));
const NAME = `sha256-${DIGEST.hex}`;

describe('a file whose digest is known', () => {
  it('is fetched once, and is in the cache from then on', async () => {
    const first = await fetchFile({});
    expect(first).toMatchObject({ isWhole: true, digest: DIGEST, file: path.join(folder.path, NAME) });
    expect(first.progress.at(-1)).toEqual([40_000, 40_000]);
    expect(await fetchFile({})).toMatchObject({ isWhole: true, progress: [] });
    expect(ranges()).toEqual([undefined]);
  });

  it('is fetched again where the cache has been damaged', async () => {
    await writeFile(path.join(folder.path, NAME), 'damaged');
    expect(await fetchFile({})).toMatchObject({ isWhole: true });
  });

  it('is continued where the connection breaks, as long as it gets further', async () => {
    const { isWhole } = await fetchFile({ faults: [{ cutAfter: 10_000 }, { cutAfter: 5_000 }] });
    expect({ isWhole, ranges: ranges() }).toEqual({
      isWhole: true,
      ranges: [undefined, 'bytes=10000-', 'bytes=15000-'],
    });
  });

  it('is whole where the disk takes a part of each piece only', async () => {
    await using elsewhere = await createTempFolder({ any: '' });
    const handle = await open(path.join(elsewhere.path, 'any'));
    const prototype = Object.getPrototypeOf(handle);
    await handle.close();
    const { write } = prototype;
    const halves = vi.spyOn(prototype, 'write').mockImplementation(function (this: unknown, ...args: unknown[]) {
      const [bytes, offset, length, position] = args as [Buffer, number, number, number];
      return write.call(this, bytes, offset, Math.ceil(length / 2), position);
    });
    try {
      expect(await fetchFile({})).toMatchObject({ isWhole: true });
      expect(halves.mock.calls.length).toBeGreaterThan(1);
    } finally {
      halves.mockRestore();
    }
  });

  it('is continued by the next command where it has been given up', async () => {
    const broken = await fetchFile({ faults: [{ cutAfter: 10_000 }, { cutAfter: 0 }] });
    expect(broken.error).toBe('/files/m.gguf broke off after 10000 bytes (aborted); the next attempt continues there');
    expect(await inCache()).toEqual([`${NAME}.part`]);
    expect(await fetchFile({})).toMatchObject({ isWhole: true });
    expect(ranges().at(-1)).toBe('bytes=10000-');
    expect(await inCache()).toEqual([NAME]);
  });

  it('is given up after five attempts', async () => {
    const { error } = await fetchFile({ faults: Array.from({ length: 9 }, () => ({ cutAfter: 100 })) });
    expect(error).toBe('/files/m.gguf broke off after 500 bytes (aborted); the next attempt continues there');
    expect(ranges()).toHaveLength(5);
  });

  it('is whole in the end wherever it breaks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 20_000 }), { maxLength: 4 }), async (cuts) => {
        await using other = await createTempFolder();
        const url = server.put('m.gguf', { content: CONTENT, faults: cuts.map((cutAfter) => ({ cutAfter })) });
        const { file } = await download(
          {
            name: 'm',
            url,
            digest: DIGEST,
            sizeBytes: undefined,
            version: undefined,
            trusted: server.url,
            authorization: undefined,
          },
          {
            client: new HttpClient({ clock: systemClock, stallMs: 60_000, allowPrivate: false }),
            cache: new DownloadCache(other.path, 1_000_000),
            maxBytes: 100_000,
            onProgress: (received) => server.received(received),
          },
        );
        expect(CONTENT.equals(await readFile(file))).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it('begins anew where the server knows no ranges', async () => {
    const { isWhole } = await fetchFile({ faults: [{ cutAfter: 10_000 }, { whole: true }] });
    expect({ isWhole, ranges: ranges() }).toEqual({ isWhole: true, ranges: [undefined, 'bytes=10000-'] });
  });

  it('begins anew where more is there than the server has', async () => {
    await writeFile(path.join(folder.path, `${NAME}.part`), Buffer.alloc(50_000));
    expect(await fetchFile({})).toMatchObject({ isWhole: true });
    expect(ranges()).toEqual(['bytes=50000-', undefined]);
  });

  it('continues what a process that is gone has left', async () => {
    await writeFile(
      path.join(folder.path, `${NAME}.${PROCESS_MARK.replace(/\d+$/, '999999999')}-0123abcd.part`),
      CONTENT.subarray(0, 30_000),
    );
    expect(await fetchFile({})).toMatchObject({ isWhole: true });
    expect(ranges()).toEqual(['bytes=30000-']);
    expect(await inCache()).toEqual([NAME]);
  });

  it('leaves alone what another process is at', async () => {
    const theirs = `${NAME}.${PROCESS_MARK}-0123abcd.part`;
    await writeFile(path.join(folder.path, theirs), CONTENT.subarray(0, 30_000));
    expect(await fetchFile({})).toMatchObject({ isWhole: true });
    expect(ranges()).toEqual([undefined]);
    expect(await inCache()).toEqual([NAME, theirs].sort());
  });

  it('is refused, and nothing kept, where the digest is another one', async () => {
    const content = someBytes(39_999);
    const hex = createHash('sha256').update(content).digest('hex');
    const { error } = await fetchFile({ content });
    expect(error).toBe(
      `/files/m.gguf has the digest sha256:${hex}; expected sha256:${DIGEST.hex}; nothing of it is kept`,
    );
    expect(await inCache()).toEqual([]);
  });

  it('is refused where what was begun was of another file', async () => {
    await writeFile(path.join(folder.path, `${NAME}.part`), Buffer.alloc(10_000));
    expect((await fetchFile({})).error).toMatch(/nothing of it is kept$/);
    expect(await fetchFile({})).toMatchObject({ isWhole: true });
  });

  it.each([
    [{ maxBytes: 1_000 }, '/files/m.gguf has 40000 bytes; expected at most 1000'],
    [{ sizeBytes: 39_999 }, '/files/m.gguf has 40000 bytes; expected at most 39999'],
    [{ sizeBytes: 2_000_000 }, '/files/m.gguf has 2000000 bytes; expected at most 100000'],
  ])('is refused when it is too large: %o', async (options, error) => {
    expect(await fetchFile({}, options)).toMatchObject({ error });
    expect(await inCache()).toEqual([]);
  });

  it.each([
    [{ status: 404 }, expect.stringMatching(/^there is no file m\.gguf at /)],
    [{ status: 503 }, expect.stringMatching(/answers with status 503 for file m\.gguf$/)],
    [{ status: 403 }, expect.stringMatching(/does not give file m\.gguf to us \(status 403\)$/)],
    [{ headers: { 'content-encoding': 'gzip' } }, "/files/m.gguf answers with the encoding 'gzip'; expected none"],
  ])('is not taken from an answer with %o', async (fault, error) => {
    expect(await fetchFile({ faults: [fault] })).toMatchObject({ error });
    expect(await inCache()).toEqual([]);
  });

  it('is given up where nothing comes any more', async () => {
    const clock = new FakeClock();
    const fetching = fetchFile({ faults: Array.from({ length: 5 }, () => ({ stallAfter: 100 })) }, { clock });
    for (const bytes of [100, 200, 300, 400, 500]) {
      await until('what has come is there', async () => (await sizesInCache()).includes(bytes));
      await clock.advance(60_000);
    }
    expect((await fetching).error).toBe(
      '/files/m.gguf broke off after 500 bytes (nothing came for 60 s); the next attempt continues there',
    );
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('a file whose digest nobody has said', () => {
  it('is fetched, and its SHA-256 told', async () => {
    expect(await fetchFile({}, { digest: undefined })).toMatchObject({ isWhole: true, digest: DIGEST });
    expect(await inCache()).toEqual([NAME]);
  });

  it('is continued where its ETag says that it is the same', async () => {
    const file = { etag: '"1"', faults: [{ cutAfter: 10_000 }, { cutAfter: 0 }] };
    expect((await fetchFile(file, { digest: undefined })).error).toMatch(/broke off after 10000 bytes/);
    expect(await fetchFile({ etag: '"1"' }, { digest: undefined })).toMatchObject({ isWhole: true });
    expect(ranges().at(-1)).toBe('bytes=10000-');
  });

  it('begins anew where the server has another one meanwhile, or does not say', async () => {
    const file = { etag: '"1"', faults: [{ cutAfter: 10_000 }, { cutAfter: 0 }] };
    await fetchFile({ ...file, content: someBytes(20_000) }, { digest: undefined });
    expect(await fetchFile({ etag: '"2"' }, { digest: undefined })).toMatchObject({ isWhole: true });
    await fetchFile(
      { faults: [{ cutAfter: 10_000 }, { cutAfter: 0 }], content: someBytes(20_000) },
      { digest: undefined },
    );
    expect(await fetchFile({}, { digest: undefined })).toMatchObject({ isWhole: true });
  });

  it('is refused where nobody could tell a part from it', async () => {
    const { error } = await fetchFile({ faults: [{ endless: true }] }, { digest: undefined });
    expect(error).toBe('/files/m.gguf does not say how long it is, so nobody could tell a part from it');
  });
});

describe('the cache', () => {
  it('removes what was used longest ago until the rest fits', async () => {
    const write = (name: string, size: number, atMs: number) => folder.write({ [name]: Buffer.alloc(size) }, atMs);
    await write('sha256-old', 600, 1_000);
    await write('sha256-newer', 300, 2_000);
    await write('sha256-used', 500, 500);
    await write('key.part', 100, 3_000);
    await write(`key.${PROCESS_MARK}-0123abcd.part`, 5_000, 100);
    await new DownloadCache(folder.path, 1_000).prune([path.join(folder.path, 'sha256-used')]);
    expect(await inCache()).toEqual(
      [`key.${PROCESS_MARK}-0123abcd.part`, 'key.part', 'sha256-newer', 'sha256-used'].sort(),
    );
  });
});
