import { rm } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { type KeyRecord, RevisionConflict, type Store, StoreInUse } from '../../src/store/index.js';
import { openDatabase } from '../../src/store/sqlite/database.js';
import { MIGRATIONS, NOTING_SCHEMA } from '../../src/store/sqlite/migrations.js';
import { openTestStore, storeFolder } from '../support/store.js';

const ANN = { principal: 'ann', atMs: 1_000 };
const DIGEST = 'ab'.repeat(32);
const labels = (name: string, value: Record<string, number> | undefined, expectedRevision?: number) =>
  ({ kind: 'labels', name, value, expectedRevision }) as const;
const key = (id: string, more: Partial<KeyRecord> = {}): KeyRecord => ({
  id,
  name: `name of ${id}`,
  owner: '',
  grants: [{ role: 'caller' }],
  groups: [],
  digest: DIGEST,
  createdAtMs: 1_000,
  createdBy: 'ann',
  expiresAtMs: undefined,
  rotatedAtMs: undefined,
  previous: undefined,
  revokedAtMs: undefined,
  revokedBy: undefined,
  lastUsedAtMs: undefined,
  ...more,
});
const REVOKED = { revokedAtMs: 3_000, revokedBy: 'bob' };

let file: string;
let first: Store;
let second: Store;
beforeEach(async () => {
  file = path.join(await storeFolder(), 'store.db');
  first = await openTestStore({ path: file });
  second = await openTestStore({ path: file });
});

/** Changes the file as another program does. */
async function elsewhere(statements: string): Promise<void> {
  const other = await openDatabase(file);
  other.exec(statements);
  other.close();
}

/** A file of a millrace that noted no changes. */
async function makeOlderFile(statements: string): Promise<void> {
  const older = MIGRATIONS.slice(0, NOTING_SCHEMA - 1);
  await elsewhere([...older, `pragma user_version = ${older.length}`, statements].join(';\n'));
}

describe('watching a store', () => {
  it('makes no file', async () => {
    expect(await first.watch()).toEqual({ version: undefined, writer: 'unknown' });
    expect([await first.declarations.position(), await first.keys.position()]).toEqual([undefined, undefined]);
    expect([await first.declarations.since(0), await first.keys.since(0)]).toEqual([undefined, undefined]);
    expect(await first.info()).toBeUndefined();
  });

  it('tells what other processes have written from what this one has', async () => {
    await first.snapshots.put('k', 'n', 1);
    const [before, own] = [await second.watch(), await first.watch()];
    await first.snapshots.put('k', 'n', 2);
    const after = await second.watch();
    expect(after.version).not.toBe(before.version);
    expect((await second.watch()).version).toBe(after.version);
    expect(await first.watch()).toEqual({ ...own, writer: 'this' });
  });

  it('says that another process writes once that has refused a write, and who does when it has ended', async () => {
    await first.own();
    expect((await second.watch()).writer).toBe('unknown');
    await expect(second.own()).rejects.toThrow(StoreInUse);
    const refused = await second.watch();
    expect(refused.writer).toBe('another');
    await first.close();
    await second.own();
    expect(await second.watch()).toEqual({ ...refused, writer: 'this' });
  });

  it('fails once the file is gone, and does not take it for an empty one', async () => {
    await first.declarations.change([labels('m', { a: 1 })], ANN);
    await second.watch();
    await rm(file);
    const gone = {
      code: 'unavailable',
      message: `the store '${file}' has been removed or replaced while this server uses it; restart the server`,
    };
    await expect(second.watch()).rejects.toMatchObject(gone);
    await expect(second.declarations.current()).rejects.toMatchObject(gone);
    await expect(second.keys.page('', 10)).rejects.toMatchObject(gone);
  });
});

describe('what another process has declared', () => {
  it('is read from a position on, each name once and as it is now', async () => {
    await first.declarations.change([labels('a', { x: 1 }), labels('b', { x: 1 })], ANN);
    const position = await second.declarations.position();
    expect(await second.declarations.since(position)).toEqual({ written: [], position, hasMore: false });
    await first.declarations.change([labels('a', { x: 2 })], ANN);
    await first.declarations.change([labels('c', { x: 1 })], ANN);
    await first.declarations.change([labels('a', { x: 3 }), labels('b', undefined)], ANN);
    const since = await second.declarations.since(position);
    expect(since?.written.map(({ name, revision, value }) => [name, revision, value])).toEqual([
      ['c', 1, { x: 1 }],
      ['a', 3, { x: 3 }],
      ['b', 2, undefined],
    ]);
    expect(await second.declarations.since(since?.position)).toMatchObject({ written: [], hasMore: false });
  });

  it('comes in pages of a thousand', async () => {
    await first.declarations.change([labels('m', { a: 1 })], ANN);
    const position = await second.declarations.position();
    const many = Array.from({ length: 1_001 }, (_, index) => labels(`m${index}`, { a: 1 }));
    await first.declarations.change(many, ANN);
    const page = await second.declarations.since(position);
    const rest = await second.declarations.since(page?.position);
    expect([page?.written.length, page?.hasMore]).toEqual([1_000, true]);
    expect([rest?.written.map(({ name }) => name), rest?.hasMore]).toEqual([['m1000'], false]);
  });

  it('is not undone by a process that does not know of it yet', async () => {
    await first.declarations.change([labels('m', { a: 1 }, 0)], ANN);
    await first.close();
    await expect(second.declarations.change([labels('m', { b: 1 }, 0)], ANN)).rejects.toThrow(
      new RevisionConflict({ kind: 'labels', name: 'm', expectedRevision: 0, revision: 1 }),
    );
    await second.declarations.change([labels('m', undefined, 1)], ANN);
    const [again] = await second.declarations.change([labels('m', { b: 1 }, 0)], ANN);
    expect(again?.revision).toBe(3);
  });
});

describe('what another process has done to keys', () => {
  const since = async (position: number | undefined) => {
    const page = await second.keys.since(position);
    return page?.written.map(({ id, record }) => [id, record?.revokedAtMs, record?.digest.slice(0, 2)]);
  };

  it('is read from a position on: made, rotated, revoked and removed', async () => {
    for (const id of ['a', 'b', 'c']) await first.keys.create(key(id));
    const position = await second.keys.position();
    await first.keys.create(key('d'));
    await first.keys.update(key('a', REVOKED), DIGEST);
    await first.keys.update(key('b', { digest: 'cd'.repeat(32), rotatedAtMs: 2_000 }), DIGEST);
    expect(await since(position)).toEqual([
      ['a', 3_000, 'ab'],
      ['b', undefined, 'cd'],
      ['d', undefined, 'ab'],
    ]);
    await elsewhere("delete from api_keys where id = 'c'");
    expect(await since((await second.keys.since(position))?.position)).toEqual([]);
    const later = await second.keys.since(position);
    expect(later?.written.at(-1)).toEqual({ id: 'c', record: undefined });
  });

  it('does not include when they were used', async () => {
    await first.keys.create(key('a'));
    const position = await second.keys.position();
    const { version } = await second.watch();
    await first.keys.noteUses([{ id: 'a', atMs: 5_000 }]);
    expect((await second.watch()).version).not.toBe(version);
    expect(await second.keys.since(position)).toEqual({ written: [], position, hasMore: false });
  });

  it('includes what is written by hand', async () => {
    await first.keys.create(key('a'));
    const position = await second.keys.position();
    await elsewhere("update api_keys set revoked_at_ms = 7000, revoked_by = 'me' where id = 'a'");
    expect(await since(position)).toEqual([['a', 7_000, 'ab']]);
  });

  it('comes in pages of a thousand', async () => {
    await first.keys.create(key('a'));
    const position = await second.keys.position();
    await Promise.all(Array.from({ length: 1_000 }, (_, index) => first.keys.create(key(`k${index}`))));
    await first.keys.update(key('a', REVOKED), DIGEST);
    const page = await second.keys.since(position);
    const rest = await second.keys.since(page?.position);
    expect([page?.written.length, page?.hasMore]).toEqual([1_000, true]);
    expect([rest?.written.map(({ id }) => id), rest?.hasMore]).toEqual([['a'], false]);
  });

  it('is read again as a whole by a process that is behind by more than what is noted', async () => {
    await first.keys.create(key('a'));
    const position = (await second.keys.position()) ?? 0;
    await elsewhere("update sqlite_sequence set seq = seq + 100000 where name = 'changes'");
    expect(await second.keys.since(position)).toMatchObject({ written: [] });
    await first.keys.update(key('a', REVOKED), DIGEST);
    expect(await second.keys.since(position)).toBeUndefined();
    expect(await second.keys.since(await second.keys.position())).toMatchObject({ written: [] });
  });

  it('is not undone by a process that does not know of it yet', async () => {
    await first.keys.create(key('a'));
    await first.keys.create(key('b'));
    await first.keys.update(key('a', REVOKED), DIGEST);
    await first.keys.update(key('b', { digest: 'cd'.repeat(32) }), DIGEST);
    await first.close();
    const refused = (id: string, what: string) => ({
      code: 'failed_precondition',
      message: `key 'name of ${id}' (${id}) has been ${what} by another server; try again`,
    });
    const update = (id: string) => second.keys.update(key(id, { digest: 'ef'.repeat(32) }), DIGEST);
    await expect(update('a')).rejects.toMatchObject(refused('a', 'revoked'));
    await expect(update('b')).rejects.toMatchObject(refused('b', 'rotated'));
  });
});

describe('a store of an older millrace', () => {
  it('is read as it is while another process writes it, and brought up to date afterwards', async () => {
    await makeOlderFile(`
      insert into declarations values ('labels', 'm', 1, '{"a":1}', 1000, 'ann');
      insert into api_keys (id, name, owner, grants, groups, digest, created_at_ms, created_by)
        values ('a', 'ci', '', '[]', '[]', '${DIGEST}', 1000, 'ann');
    `);
    const owner = await openDatabase(`${file}-owner`);
    owner.exec('begin exclusive');
    expect(await second.declarations.current()).toMatchObject([{ name: 'm', value: { a: 1 } }]);
    expect(await second.keys.page('', 10)).toMatchObject([{ id: 'a', name: 'ci' }]);
    expect([await second.rollouts.open(), await second.snapshots.get('k', 'n')]).toEqual([[], undefined]);
    expect([await second.keys.position(), await second.keys.since(1)]).toEqual([undefined, undefined]);
    const { version, writer } = await second.watch();
    expect(writer).toBe('another');
    await elsewhere("update api_keys set revoked_at_ms = 7000 where id = 'a'");
    expect((await second.watch()).version).not.toBe(version);
    await expect(second.outcomes.ofRoute('live')).rejects.toThrow(StoreInUse);
    owner.close();
    expect([await second.keys.position(), await second.declarations.since(0)]).toMatchObject([0, { written: [] }]);
    expect(await second.info()).toMatchObject({ schema: MIGRATIONS.length, isCurrent: true });
    expect((await second.watch()).writer).toBe('this');
  });
});

it('a store that a newer millrace brings up to date is written by that alone', async () => {
  await first.keys.create(key('a'));
  await second.keys.page('', 10);
  await first.close();
  await elsewhere('pragma user_version = 99');
  const newer = { message: expect.stringContaining('was written by a newer millrace (schema 99,') };
  await expect(second.watch()).rejects.toMatchObject(newer);
  await expect(second.keys.create(key('b'))).rejects.toMatchObject(newer);
  const owner = await openDatabase(`${file}-owner`);
  owner.exec('begin exclusive');
  owner.close();
});
