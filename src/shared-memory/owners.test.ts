import { linkSync, rmSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { openFiles } from '../../test/support/open-files.js';
import {
  closeMemories,
  counting,
  createMemory,
  createObject,
  refusal,
  region,
  rejection,
  use,
} from '../../test/support/shared-memory-fixture.js';
import type { RegionCaller } from './shared-memory.js';

const [ALICE, BOB, OPS] = ['alice', 'bob', 'ops'].map((name) => ({
  ownerId: `key:${name}`,
  name,
  managesAll: name === 'ops',
})) as [RegionCaller, RegionCaller, RegionCaller];

afterEach(closeMemories);

describe('a region of another owner', () => {
  it('is as one that is not registered, also under the name by which it is listed for managers', async () => {
    const memory = createMemory();
    const object = createObject(counting(64));
    memory.register(ALICE, region('in', object));
    for (const name of ['in', 'alice/in']) {
      const unknown = `no shared memory region '${name}' is registered`;
      expect(refusal(() => memory.status(BOB, name))).toBe(`not_found: ${unknown}`);
      for (const owner of [BOB, OPS]) {
        expect(refusal(() => memory.lease(owner, [use(name, 1)]))).toBe(`not_found: input 'x': ${unknown}`);
      }
      memory.unregister(BOB, name);
    }
    memory.unregister(BOB, undefined);
    expect(memory.status(BOB, undefined)).toEqual([]);
    const lease = memory.lease(ALICE, [use('in', 2)]);
    expect(await lease.read(use('in', 2))).toEqual(Buffer.of(0, 1));
    lease.release();
  });

  it('leaves its name to others, and is told apart from theirs', async () => {
    const memory = createMemory();
    memory.register(ALICE, region('in', createObject(counting(64))));
    memory.register(BOB, region('in', createObject(new Uint8Array(64).fill(9))));
    const leases = [ALICE, BOB].map((owner) => memory.lease(owner, [use('in', 1)]));
    const read = await Promise.all(leases.map((lease) => lease.read(use('in', 1))));
    expect(read).toEqual([Buffer.of(0), Buffer.of(9)]);
    for (const lease of leases) lease.release();
    memory.unregister(ALICE, 'in');
    expect(memory.status(BOB, undefined)).toHaveLength(1);
  });

  it('keeps its object to its owner, by any key and through hard links, until it is unregistered', () => {
    const memory = createMemory();
    const object = createObject(64);
    const link = { key: `${object.key}-link`, path: `${object.path}-link` };
    linkSync(object.path, link.path);
    try {
      memory.register(ALICE, region('in', object));
      for (const { key } of [object, { key: object.key.slice(1) }, link]) {
        expect(refusal(() => memory.register(BOB, region('mine', { key })))).toBe(
          `permission_denied: shared memory object '${key}' is registered by another caller; use an object of your own`,
        );
      }
      expect(openFiles(object.path)).toBe(1);
      memory.register(ALICE, region('again', link));
      memory.unregister(ALICE, 'in');
      expect(refusal(() => memory.register(BOB, region('mine', object)))).toMatch(/^permission_denied: /);
      memory.unregister(ALICE, undefined);
      expect(refusal(() => memory.register(BOB, region('mine', object)))).toBe('accepted');
    } finally {
      rmSync(link.path);
    }
  });

  it('is listed and unregistered by those who manage the server, with its principal before its name', () => {
    const memory = createMemory();
    const [first, second] = [createObject(64), createObject(64)];
    memory.register(OPS, region('in', first));
    memory.register(ALICE, region('in', second));
    expect(memory.status(OPS, undefined)).toEqual([
      { name: 'alice/in', key: second.key, offset: 0, sizeBytes: 64 },
      { name: 'in', key: first.key, offset: 0, sizeBytes: 64 },
    ]);
    // An application that cleans up by name forgets its own region only.
    memory.unregister(OPS, 'in');
    expect(memory.status(OPS, 'alice/in')).toHaveLength(1);
    memory.unregister(OPS, 'alice/in');
    expect(memory.status(ALICE, undefined)).toEqual([]);
    memory.register(ALICE, region('in', second));
    memory.unregister(OPS, undefined);
    expect([openFiles(first.path), openFiles(second.path)]).toEqual([0, 0]);
  });

  it('leaves room for those of others: half of the regions and of the bytes', async () => {
    const memory = createMemory({ maxRegions: 4, maxBufferedBytes: 100 });
    const [mine, other] = [createObject(64), createObject(64)];
    for (const name of ['a', 'b']) memory.register(BOB, region(name, mine));
    expect(refusal(() => memory.register(BOB, region('c', mine)))).toBe(
      "resource_exhausted: principal 'bob' has registered 2 shared memory regions, the most for one principal " +
        '(half of sharedMemory.maxRegions); unregister some first',
    );
    memory.register(ALICE, region('a', other));
    const held = memory.lease(BOB, [use('a', 64)]);
    await held.read(use('a', 50));
    expect(await rejection(held.read(use('a', 1)))).toBe(
      "resource_exhausted: principal 'bob' may hold 50 bytes read from shared memory, half of sharedMemory.maxBufferedBytes; try again later",
    );
    const next = memory.lease(ALICE, [use('a', 50)]);
    expect(await next.read(use('a', 50))).toHaveLength(50);
    for (const lease of [held, next]) lease.release();
    const later = memory.lease(BOB, [use('a', 50)]);
    expect(await later.read(use('a', 50))).toHaveLength(50);
    later.release();
  });
});
