import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { KeyRecord, KeyRecords, Store } from '../../src/store/index.js';
import { openDatabase } from '../../src/store/sqlite/database.js';
import { MIGRATIONS } from '../../src/store/sqlite/migrations.js';
import { openTestStore, storeFolder } from '../support/store.js';

/** Each implementation: opens what was stored in the folder before. */
const IMPLEMENTATIONS: Readonly<Record<string, (folder: string) => Promise<Store>>> = {
  sqlite: (folder) => openTestStore({ path: path.join(folder, 'store.db') }),
};

const DIGEST = 'ab'.repeat(32);
const record = (id: string, more: Partial<KeyRecord> = {}): KeyRecord => ({
  id,
  name: `name of ${id}`,
  owner: 'ann',
  grants: [{ role: 'caller', models: ['fraud*'] }],
  groups: ['fraud-team', 'é'],
  digest: DIGEST,
  createdAtMs: 1_000,
  createdBy: 'admin',
  expiresAtMs: undefined,
  rotatedAtMs: undefined,
  previous: undefined,
  revokedAtMs: undefined,
  revokedBy: undefined,
  lastUsedAtMs: undefined,
  ...more,
});
const REVOKED = { revokedAtMs: 3_000, revokedBy: 'bob' };

describe.each(Object.entries(IMPLEMENTATIONS))('keys in %s', (_name, open) => {
  let folder: string;
  let store: Store;
  let keys: KeyRecords;
  beforeEach(async () => {
    folder = await storeFolder();
    store = await open(folder);
    keys = store.keys;
  });

  it('of nothing are none, and make no file', async () => {
    expect(await keys.page('', 10)).toEqual([]);
    await keys.noteUses([{ id: 'a', atMs: 1 }]);
    expect(await store.info()).toBeUndefined();
  });

  it('are there as they were written, also after a restart', async () => {
    const full = record('b', {
      expiresAtMs: 9_000,
      rotatedAtMs: 2_000,
      previous: { digest: 'cd'.repeat(32), endsAtMs: 4_000 },
      ...REVOKED,
    });
    await keys.create(record('a'));
    await keys.create(full);
    await store.close();
    expect(await (await open(folder)).keys.page('', 10)).toEqual([record('a'), full]);
  });

  it('come in pages, in the order of their ids', async () => {
    for (const id of ['c', 'a', 'B', 'b']) await keys.create(record(id));
    const ids = async (after: string, limit: number) => (await keys.page(after, limit)).map(({ id }) => id);
    expect([await ids('', 2), await ids('a', 2), await ids('c', 2)]).toEqual([['B', 'a'], ['b', 'c'], []]);
  });

  it('have a name of their own until they are revoked, and an id for good', async () => {
    await keys.create(record('a', { name: 'ci' }));
    await expect(keys.create(record('b', { name: 'ci' }))).rejects.toMatchObject({
      code: 'already_exists',
      message: "there is a key 'ci'",
    });
    await keys.update(record('a', { name: 'ci', ...REVOKED }), DIGEST);
    await keys.create(record('b', { name: 'ci' }));
    await expect(keys.create(record('a', { name: 'other' }))).rejects.toMatchObject({
      code: 'already_exists',
      message: "there is a key of id 'a'",
    });
    expect((await keys.page('', 10)).map(({ id, name }) => [id, name])).toEqual([
      ['a', 'ci'],
      ['b', 'ci'],
    ]);
  });

  it('are listed by name, as far as they are not revoked', async () => {
    expect(await keys.list('', 10)).toEqual([]);
    for (const name of ['c', 'a', 'b', 'd']) await keys.create(record(`id of ${name}`, { name }));
    await keys.update(record('id of b', { name: 'b', ...REVOKED }), DIGEST);
    const names = async (after: string, limit: number) => (await keys.list(after, limit)).map(({ name }) => name);
    expect([await names('', 2), await names('c', 2), await names('d', 2)]).toEqual([['a', 'c'], ['d'], []]);
  });

  it('that two make at once of one name are one', async () => {
    const made = await Promise.allSettled(['a', 'b', 'c'].map((id) => keys.create(record(id, { name: 'ci' }))));
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await keys.page('', 10)).toHaveLength(1);
  });

  it('are changed as a whole, but not in when they were used', async () => {
    await keys.create(record('a'));
    await keys.create(record('b'));
    await keys.noteUses([
      { id: 'a', atMs: 5_000 },
      { id: 'nobody', atMs: 5_000 },
    ]);
    const changed = record('a', { digest: 'ef'.repeat(32), rotatedAtMs: 4_000, owner: 'bob' });
    await keys.update(changed, DIGEST);
    expect(await keys.page('', 10)).toEqual([{ ...changed, lastUsedAtMs: 5_000 }, record('b')]);
    await expect(keys.update(record('c'), DIGEST)).rejects.toMatchObject({
      code: 'not_found',
      message: "there is no key of id 'c'",
    });
  });

  it('with more rights than fit are refused', async () => {
    const grants = [{ role: 'x'.repeat(1_048_567) }];
    await expect(keys.create(record('a', { name: 'ci', grants }))).rejects.toMatchObject({
      code: 'invalid_argument',
      message: "key 'ci': 1048602 bytes of JSON cannot be stored, expected at most 1048576",
    });
  });
});

it('a store of a millrace without keys gets a place for them, and loses nothing', async () => {
  const file = path.join(await storeFolder(), 'store.db');
  const before = await openDatabase(file);
  const hasNoKeys = MIGRATIONS.findIndex((migration) => migration.includes('create table api_keys'));
  for (const migration of MIGRATIONS.slice(0, hasNoKeys)) before.exec(migration);
  before.exec(`pragma user_version = ${hasNoKeys}`);
  before.exec(`insert into snapshots values ('k', 'n', '"kept"')`);
  before.close();
  const store = await openTestStore({ path: file });
  await store.keys.create(record('a'));
  expect([await store.keys.page('', 10), await store.snapshots.get('k', 'n')]).toEqual([[record('a')], 'kept']);
  expect(await store.info()).toMatchObject({ schema: MIGRATIONS.length, counts: { api_keys: 1, snapshots: 1 } });
});
