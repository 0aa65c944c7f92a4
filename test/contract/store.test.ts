import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { RevisionConflict, type Store } from '../../src/store/index.js';
import { openTestStore, storeFolder } from '../support/store.js';

/** Each implementation: opens what was stored under the name before. */
const IMPLEMENTATIONS: Readonly<Record<string, (folder: string) => Promise<Store>>> = {
  sqlite: (folder) => openTestStore({ path: path.join(folder, 'store.db') }),
};
const ANN = { principal: 'ann', atMs: 1_000 };
const BOB = { principal: 'bob', atMs: 2_000 };

describe.each(Object.entries(IMPLEMENTATIONS))('a store in %s', (_name, open) => {
  let folder: string;
  let store: Store;
  beforeEach(async () => {
    folder = await storeFolder();
    store = await open(folder);
  });

  const reopen = async () => {
    await store.close();
    store = await open(folder);
  };
  const labels = (name: string, value: Record<string, number> | undefined, expectedRevision?: number) =>
    ({ kind: 'labels', name, value, expectedRevision }) as const;

  describe('declarations', () => {
    it('are in force until they are replaced or removed, also after a restart', async () => {
      expect(await store.declarations.current()).toEqual([]);
      const route = { kind: 'route', name: 'live', value: { arms: [null, 'é', 1.5] }, expectedRevision: 0 } as const;
      const changed = await store.declarations.change([labels('fraud', { stable: 3 }, 0), route], ANN);
      expect(changed).toEqual([
        { kind: 'labels', name: 'fraud', revision: 1, value: { stable: 3 }, changedAtMs: 1_000, changedBy: 'ann' },
        { kind: 'route', name: 'live', revision: 1, value: route.value, changedAtMs: 1_000, changedBy: 'ann' },
      ]);
      await store.declarations.change([labels('fraud', { stable: 4 }, 1)], BOB);
      await store.declarations.change([{ ...route, value: undefined, expectedRevision: 1 }], BOB);
      await reopen();
      expect(await store.declarations.current()).toEqual([
        { kind: 'labels', name: 'fraud', revision: 2, value: { stable: 4 }, changedAtMs: 2_000, changedBy: 'bob' },
      ]);
      expect(await store.declarations.history('route', 'live', 10)).toMatchObject([
        { revision: 2, value: undefined, changedBy: 'bob' },
        { revision: 1, value: route.value, changedBy: 'ann' },
      ]);
    });

    it('go on counting where they were removed and declared again', async () => {
      await store.declarations.change([labels('m', { a: 1 })], ANN);
      await store.declarations.change([labels('m', undefined)], ANN);
      const [again] = await store.declarations.change([labels('m', { a: 2 }, 2)], ANN);
      expect(again?.revision).toBe(3);
    });

    it('are changed all or none, and a stale revision names what has changed', async () => {
      await store.declarations.change([labels('a', { x: 1 })], ANN);
      const both = store.declarations.change([labels('b', { x: 1 }, 0), labels('a', { x: 2 }, 4)], BOB);
      await expect(both).rejects.toEqual(
        new RevisionConflict({ kind: 'labels', name: 'a', expectedRevision: 4, revision: 1 }),
      );
      await expect(both).rejects.toMatchObject({
        code: 'failed_precondition',
        message:
          "the labels of model 'a' are at revision 1 now, expected revision 4: somebody has changed them meanwhile",
      });
      const route = { kind: 'route', name: 'r', value: {}, expectedRevision: 2 } as const;
      await expect(store.declarations.change([route], BOB)).rejects.toMatchObject({
        message: "route 'r' is not declared, expected revision 2: somebody has changed it meanwhile",
      });
      expect(await store.declarations.current()).toMatchObject([{ name: 'a', revision: 1 }]);
    });

    it('that are changed at once each succeed or fail alone', async () => {
      const changes = Array.from({ length: 50 }, (_, index) =>
        store.declarations.change([labels(`m${index % 25}`, { v: index }, 0)], ANN),
      );
      const settled = await Promise.allSettled(changes);
      expect(settled.map(({ status }) => status)).toEqual([
        ...Array(25).fill('fulfilled'),
        ...Array(25).fill('rejected'),
      ]);
      expect(await store.declarations.current()).toHaveLength(25);
    });

    it('of more than a MiB are refused', async () => {
      const value = 'x'.repeat(1_048_575);
      const change = store.declarations.change([{ kind: 'route', name: 'r', value, expectedRevision: 0 }], ANN);
      await expect(change).rejects.toMatchObject({
        code: 'invalid_argument',
        message: "route 'r': 1048577 bytes of JSON cannot be stored, expected at most 1048576",
      });
    });

    it('keep the last 1,000 changes of each', async () => {
      const changes = Array.from({ length: 1_010 }, (_, index) => labels('m', { v: index }));
      await store.declarations.change(changes, ANN);
      const history = await store.declarations.history('labels', 'm', 2_000);
      expect(history.map(({ revision }) => revision)).toEqual(
        Array.from({ length: 1_000 }, (_, index) => 1_010 - index),
      );
    });
  });

  describe('rollouts', () => {
    const record = (id: string, model = 'fraud') => ({
      id,
      model,
      plan: { steps: [1, 100] },
      state: { step: 0 },
      isOver: false,
      startedAtMs: 5_000,
      startedBy: 'ann',
    });
    const decision = (action: string) => ({
      atMs: 6_000,
      by: 'ann',
      action,
      reason: `${action}.`,
      numbers: { p: 0.5 },
    });

    it('are resumed where they were, with what has been decided', async () => {
      expect(await store.rollouts.open()).toEqual([]);
      await store.rollouts.begin(record('1'), decision('start'));
      await store.rollouts.decide('1', { state: { step: 1 }, isOver: false, decision: decision('advance') });
      await reopen();
      expect(await store.rollouts.open()).toEqual([{ ...record('1'), state: { step: 1 } }]);
      expect(await store.rollouts.decisions('1', 10)).toEqual([decision('advance'), decision('start')]);
      await store.rollouts.decide('1', { state: { step: 2 }, isOver: true, decision: decision('promote') });
      expect(await store.rollouts.open()).toEqual([]);
      expect(await store.rollouts.decisions('1', 1)).toEqual([decision('promote')]);
    });

    it('are one at a time for each model', async () => {
      await store.rollouts.begin(record('1'), decision('start'));
      await store.rollouts.begin(record('2', 'other'), decision('start'));
      const second = store.rollouts.begin(record('3'), decision('start'));
      await expect(second).rejects.toMatchObject({
        code: 'already_exists',
        message: "a rollout of model 'fraud' is open",
      });
      await store.rollouts.decide('1', { state: {}, isOver: true, decision: decision('abort') });
      await expect(store.rollouts.begin(record('1'), decision('start'))).rejects.toMatchObject({
        code: 'already_exists',
        message: "there is a rollout '1'",
      });
      await store.rollouts.begin({ ...record('3'), startedAtMs: 4_000 }, decision('start'));
      expect((await store.rollouts.ofModel('fraud', 10)).map(({ id }) => id)).toEqual(['3', '1']);
      expect(await store.rollouts.ofModel('fraud', 1)).toHaveLength(1);
    });

    it('that are unknown are not decided', async () => {
      const unknown = store.rollouts.decide('x', { state: {}, isOver: true, decision: decision('abort') });
      await expect(unknown).rejects.toMatchObject({ code: 'not_found', message: "there is no rollout 'x'" });
      expect(await store.rollouts.decisions('x', 10)).toEqual([]);
    });

    it('are forgotten, with their decisions, where a model has had 100 since', async () => {
      for (let index = 0; index <= 100; index++) {
        await store.rollouts.begin({ ...record(String(index)), startedAtMs: index }, decision('start'));
        await store.rollouts.decide(String(index), { state: {}, isOver: true, decision: decision('abort') });
      }
      const kept = await store.rollouts.ofModel('fraud', 1_000);
      expect([kept.length, kept.at(-1)?.id]).toEqual([100, '1']);
      expect(await store.rollouts.decisions('0', 10)).toEqual([]);
      expect(await store.rollouts.decisions('1', 10)).toHaveLength(2);
    });
  });

  describe('snapshots', () => {
    it('are replaced as a whole, and stay after a restart', async () => {
      expect(await store.snapshots.get('judge', 'a')).toBeUndefined();
      await store.snapshots.put('judge', 'a', { n: 1, gone: true });
      await store.snapshots.put('shadow', 'a', null);
      await store.snapshots.put('judge', 'a', { n: 2 });
      await reopen();
      expect(await store.snapshots.get('judge', 'a')).toEqual({ n: 2 });
      expect(await store.snapshots.get('shadow', 'a')).toBeNull();
      await store.snapshots.remove('judge', 'a');
      expect(await store.snapshots.get('judge', 'a')).toBeUndefined();
    });
  });

  it('answers what was asked before it was closed, and nothing later', async () => {
    const before = store.snapshots.put('k', 'n', 1);
    await store.close();
    await before;
    const closed = { code: 'unavailable', message: 'the server is shutting down' };
    await expect(store.snapshots.put('k', 'n', 2)).rejects.toMatchObject(closed);
    await store.close();
  });

  it('says what it holds, and is copied while it is in use', async () => {
    expect(await store.info()).toBeUndefined();
    await store.declarations.change([labels('m', { a: 1 })], ANN);
    const writes = [1, 2, 3].map((value) => store.snapshots.put('k', String(value), value));
    await Promise.all([...writes, store.backup(path.join(folder, 'copy.db'))]);
    expect(await store.info()).toMatchObject({ counts: { declarations: 1, rollouts: 0, snapshots: 3 } });
    await expect(store.backup(path.join(folder, 'copy.db'))).rejects.toMatchObject({
      code: 'already_exists',
      message: `'${path.join(folder, 'copy.db')}' exists; a backup replaces no file`,
    });
  });
});
