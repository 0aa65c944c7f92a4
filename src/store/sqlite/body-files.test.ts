import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { storeFolder } from '../../../test/support/store.js';
import { bytesOf } from '../../../test/support/stored-jobs.js';
import { BodyFiles } from './body-files.js';

let folder: string;
let files: BodyFiles;
beforeEach(async () => {
  folder = path.join(await storeFolder(), 'state/bodies');
  files = new BodyFiles(folder);
});

const BODY = bytesOf('body', 600_000);
const NAME = createHash('sha256').update(BODY).digest('hex');
const all = async (names: readonly string[]) => names;
const modeOf = async (file: string) => ((await stat(file)).mode & 0o777).toString(8);

describe('files of bodies', () => {
  it('are named by their SHA-256, and readable by their owner alone', async () => {
    const pinned = await files.put(BODY);
    expect([pinned.name, await readdir(folder), await files.names()]).toEqual([NAME, [NAME], [NAME]]);
    expect(Buffer.compare(await readFile(path.join(folder, NAME)), BODY)).toBe(0);
    expect([await modeOf(folder), await modeOf(path.join(folder, NAME))]).toEqual(['700', '600']);
    expect((await files.read(NAME, 600_000))?.byteLength).toBe(600_000);
  });

  it('are not read where they are missing or have another size', async () => {
    await files.put(BODY);
    expect(await files.read(NAME, 599_999)).toBeUndefined();
    expect(await files.read('ab'.repeat(32), 1)).toBeUndefined();
  });

  it('are kept while they are pinned, by each of those who put them', async () => {
    const [first, second] = await Promise.all([files.put(BODY), files.put(BODY)]);
    first?.release();
    await files.removeUnused([NAME], all);
    expect(await files.names()).toEqual([NAME]);
    second?.release();
    await files.removeUnused([NAME], async () => []);
    expect(await files.names()).toEqual([NAME]);
    await files.removeUnused([NAME], all);
    expect(await files.names()).toEqual([]);
  });

  it('are put after a removal of the same body that has begun, and stay', async () => {
    (await files.put(BODY)).release();
    let answer = (_names: readonly string[]) => {};
    const removal = files.removeUnused([NAME], () => new Promise((resolve) => (answer = resolve)));
    const put = files.put(BODY);
    // Another one of the same name has nothing left to remove.
    await files.removeUnused([NAME], () => Promise.reject(new Error('it asked')));
    answer([NAME]);
    await Promise.all([removal, put]);
    expect(await files.names()).toEqual([NAME]);
  });

  it('are kept, and can be put, where it is not known which of them are used', async () => {
    (await files.put(BODY)).release();
    await expect(files.removeUnused([NAME], () => Promise.reject(new Error('no store')))).rejects.toThrow('no store');
    (await files.put(BODY)).release();
    expect(await files.names()).toEqual([NAME]);
  });

  it('that are temporary are removed, but for those that are being written', async () => {
    await files.removePartial();
    (await files.put(BODY)).release();
    await writeFile(path.join(folder, 'old.partial'), 'x');
    await writeFile(path.join(folder, 'notes.txt'), 'x');
    const putting = files.put(bytesOf('other', 5_000_000));
    for (;;) {
      if ((await readdir(folder)).some((name) => /^[0-9a-f-]{36}\.partial$/.test(name))) break;
    }
    await files.removePartial();
    const { name } = await putting;
    expect((await readdir(folder)).sort()).toEqual([NAME, name, 'notes.txt'].sort());
  });

  it('that cannot be written leave nothing behind', async () => {
    await files.put(bytesOf('first'));
    await rm(folder, { recursive: true });
    await writeFile(folder, '');
    await expect(files.put(BODY)).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await readdir(path.dirname(folder))).toEqual(['bodies']);
    await rm(folder);
    await files.put(BODY);
    expect(await readdir(folder)).toEqual([NAME]);
  });
});
