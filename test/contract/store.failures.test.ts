import { mkdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/index.js';
import { openDatabase } from '../../src/store/sqlite/database.js';
import { openTestStore, storeFolder } from '../support/store.js';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await storeFolder();
  file = path.join(folder, 'store.db');
});

const put = (store: Store, value: string) => store.snapshots.put('k', 'n', value);
const get = (store: Store) => store.snapshots.get('k', 'n');
/** Has another program write all that is committed into the file itself. */
async function checkpoint(statement = ''): Promise<void> {
  const other = await openDatabase(file);
  other.exec(`${statement}; pragma wal_checkpoint(truncate)`);
  other.close();
}

const unavailable = (message: string) => ({ code: 'unavailable', message });

describe('the file of a store', () => {
  it('is made with the first thing that is written, for its owner alone', async () => {
    const store = await openTestStore({ path: path.join(folder, 'state/store.db') });
    expect([await store.declarations.current(), await store.rollouts.open(), await store.info()]).toEqual([
      [],
      [],
      undefined,
    ]);
    await expect(stat(path.join(folder, 'state'))).rejects.toMatchObject({ code: 'ENOENT' });
    await put(store, 'a');
    const modes = ['', '/store.db', '/store.db-wal', '/store.db-owner'].map(async (name) => {
      return ((await stat(path.join(folder, `state${name}`))).mode & 0o777).toString(8);
    });
    expect(await Promise.all(modes)).toEqual(['700', '600', '600', '600']);
  });

  it('that is damaged is said to be, and another one in its place is used', async () => {
    await writeFile(file, 'this is no database. '.repeat(500));
    const store = await openTestStore({ path: file });
    const damaged = unavailable(
      `the store '${file}' is damaged; stop the server, and put a backup in its place, or move it away to begin with an empty one`,
    );
    await expect(store.declarations.current()).rejects.toMatchObject(damaged);
    await expect(put(store, 'a')).rejects.toMatchObject(damaged);
    await rename(file, `${file}.damaged`);
    await put(store, 'a');
    expect(await get(store)).toBe('a');
  });

  it('that is damaged inside is said to be', async () => {
    const before = await openTestStore({ path: file });
    await put(before, 'x'.repeat(100_000));
    await before.close();
    const bytes = await readFile(file);
    await writeFile(file, bytes.fill(0xa5, 4_096));
    const store = await openTestStore({ path: file });
    await expect(get(store)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('is damaged'),
    });
  });

  it('that is full refuses what does not fit, whole, and takes what does', async () => {
    const store = await openTestStore({ path: file, maxSizeBytes: 1_048_576 });
    await put(store, 'small');
    await store.snapshots.put('k', 'fits', 'x'.repeat(600_000));
    await expect(store.snapshots.put('k', 'large', 'x'.repeat(600_000))).rejects.toMatchObject(
      unavailable(
        `the store '${file}' is full: nothing was written; make room on its disk, or raise 'store.maxSizeBytes'`,
      ),
    );
    expect([await get(store), await store.snapshots.get('k', 'large')]).toEqual(['small', undefined]);
    await put(store, 'still small');
    expect(await get(store)).toBe('still small');
  });

  it('that cannot be made is said which it is, and is made when it can be', async () => {
    await writeFile(path.join(folder, 'state'), 'a file');
    const inFile = path.join(folder, 'state/store.db');
    const store = await openTestStore({ path: inFile });
    await expect(put(store, 'a')).rejects.toMatchObject(
      unavailable(
        `the store '${inFile}' cannot be opened and written by this user; make its folder writable, or set 'store.path' to another file`,
      ),
    );
    await rm(path.join(folder, 'state'));
    await put(store, 'a');
    expect(await get(store)).toBe('a');
  });

  it('that is a folder cannot be opened', async () => {
    await mkdir(file);
    const store = await openTestStore({ path: file });
    await expect(put(store, 'a')).rejects.toMatchObject({
      message: expect.stringContaining('cannot be opened and written by this user'),
    });
  });

  it('is written by one server at a time; others read it', async () => {
    const first = await openTestStore({ path: file });
    const second = await openTestStore({ path: file });
    await put(first, 'first');
    expect(await get(second)).toBe('first');
    await expect(put(second, 'second')).rejects.toMatchObject(
      unavailable(
        `the store '${file}' is used by another server, and one alone may write it; stop that, or set 'store.path' to another file`,
      ),
    );
    await first.close();
    await put(second, 'second');
    expect(await get(second)).toBe('second');
  });

  it('that is locked by another program is waited for, and said to be locked', async () => {
    const store = await openTestStore({ path: file });
    await put(store, 'a');
    const other = await openDatabase(file);
    other.exec('begin immediate');
    await expect(put(store, 'b')).rejects.toMatchObject(
      unavailable(`the store '${file}' is locked by another process; try again when that has ended`),
    );
    other.exec('commit');
    other.close();
    await put(store, 'b');
    expect(await get(store)).toBe('b');
  });

  it('that is removed or replaced under a server is not made anew', async () => {
    const store = await openTestStore({ path: file });
    await put(store, 'a');
    await rm(file);
    const replaced = unavailable(
      `the store '${file}' has been removed or replaced while this server uses it; restart the server`,
    );
    await expect(put(store, 'b')).rejects.toMatchObject(replaced);
    await writeFile(file, '');
    await expect(put(store, 'b')).rejects.toMatchObject(replaced);
  });

  it.each([
    ['to nothing', 0],
    ['in the middle', 8_192],
  ])('that is truncated %s under a server refuses every change', async (_to, sizeBytes) => {
    const store = await openTestStore({ path: file });
    await put(store, 'x'.repeat(100_000));
    await checkpoint();
    await put(store, 'a');
    await truncate(file, sizeBytes);
    const truncated = unavailable(
      `the store '${file}' has been truncated while this server uses it; stop the server, and put a backup in its place, or move it away to begin with an empty one`,
    );
    await expect(put(store, 'b')).rejects.toMatchObject(truncated);
    await expect(get(store)).rejects.toMatchObject(truncated);
    await expect(store.backup(`${file}.copy`)).rejects.toMatchObject(truncated);
    await expect(put(store, 'c')).rejects.toMatchObject(truncated);
  });

  it('that another program has vacuumed is used on', async () => {
    const store = await openTestStore({ path: file });
    await put(store, 'x'.repeat(1_000_000));
    await checkpoint();
    const { size } = await stat(file);
    await put(store, 'a');
    await checkpoint('vacuum');
    expect((await stat(file)).size).toBeLessThan(size / 2);
    await put(store, 'b');
    expect(await get(store)).toBe('b');
  });

  it('whose log is removed under a server refuses every change', async () => {
    const store = await openTestStore({ path: file });
    await put(store, 'a');
    await rm(`${file}-wal`);
    await expect(put(store, 'b')).rejects.toMatchObject(
      unavailable(`the store '${file}-wal' has been removed or replaced while this server uses it; restart the server`),
    );
  });

  it('that is moved away and back is used again', async () => {
    const store = await openTestStore({ path: file });
    await put(store, 'a');
    await rename(file, `${file}.away`);
    await expect(put(store, 'b')).rejects.toMatchObject({ code: 'unavailable' });
    await rename(`${file}.away`, file);
    await put(store, 'c');
    expect(await get(store)).toBe('c');
  });

  it('of a newer millrace is left alone, and can be copied', async () => {
    const before = await openTestStore({ path: file });
    await put(before, 'a');
    const { schema = 0 } = (await before.info()) ?? {};
    await before.close();
    const other = await openDatabase(file);
    other.exec('pragma user_version = 99');
    other.close();
    const store = await openTestStore({ path: file });
    await expect(get(store)).rejects.toMatchObject(
      unavailable(
        `the store '${file}' was written by a newer millrace (schema 99, this one knows ${schema}); update millrace, or set 'store.path' to another file`,
      ),
    );
    await store.backup(`${file}.copy`);
    expect(await (await openTestStore({ path: `${file}.copy` })).info()).toMatchObject({ schema: 99 });
  });

  it('that cannot be copied leaves nothing behind', async () => {
    const store = await openTestStore({ path: file });
    await put(store, 'a');
    const to = path.join(folder, 'nowhere/copy.db');
    await expect(store.backup(to)).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringMatching(`^'${file}' cannot be copied to '${to}': ENOENT`),
    });
  });
});
