import { timingSafeEqual } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import type { Principal } from '../../core/index.js';
import type { KeyRecord } from '../../store/index.js';
import { createApiKey, digestOf, idOfApiKey } from './api-key.js';
import { KeyRing } from './key-ring.js';
import { SteadyTime } from './steady-time.js';

function setUp() {
  const clock = new FakeClock();
  let compared = 0;
  const ring = new KeyRing({
    principalOf: ({ id, name, groups }): Principal => ({
      name,
      id: `key:${name}`,
      ownerId: `key#${id}`,
      groups,
      rights: {} as Principal['rights'],
    }),
    time: new SteadyTime(clock),
    isEqual(a, b) {
      compared++;
      return timingSafeEqual(a, b);
    },
  });
  const add = (more: Partial<KeyRecord> = {}) => {
    const { id, key, digest } = createApiKey();
    const record: KeyRecord = {
      id,
      name: `name of ${id}`,
      owner: '',
      grants: [],
      groups: [],
      digest,
      createdAtMs: clock.wallNow(),
      createdBy: 'test',
      expiresAtMs: undefined,
      rotatedAtMs: undefined,
      previous: undefined,
      revokedAtMs: undefined,
      revokedBy: undefined,
      lastUsedAtMs: undefined,
      ...more,
    };
    ring.put(record);
    return { id, key, record };
  };
  const rotate = (record: KeyRecord, overlapMs: number) => {
    const { key, digest } = createApiKey(record.id);
    const previous = { digest: record.digest, endsAtMs: clock.wallNow() + overlapMs };
    const rotated = { ...record, digest, previous };
    return { key, record: rotated, ended: ring.put(rotated) };
  };
  const countOf = (work: () => unknown) => {
    const before = compared;
    work();
    return compared - before;
  };
  return { clock, ring, add, rotate, countOf };
}

const nameOf = (found: ReturnType<KeyRing['find']>) => ('problem' in found ? found.problem : found.name);

describe('an API key', () => {
  it('says its id, has 256 bits of its own, and a checksum', () => {
    const { id, key, digest } = createApiKey();
    expect(key).toMatch(/^mr_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$/);
    expect([idOfApiKey(key), digest]).toEqual([id, digestOf(key).toString('hex')]);
    const keys = new Set(Array.from({ length: 1_000 }, () => createApiKey(id).key));
    expect(keys.size).toBe(1_000);
  });

  it('that is mistyped anywhere is none', () => {
    const { key } = createApiKey();
    const damaged = [...key].map((char, at) => key.slice(0, at) + (char === 'x' ? 'y' : 'x') + key.slice(at + 1));
    const others = [key.slice(1), `${key}0`, ` ${key}`, `${key}\n`, key.toUpperCase(), 'mr_', ''];
    expect([...damaged, ...others].map(idOfApiKey).filter((id) => id !== undefined)).toEqual([]);
  });

  it('has characters that are all as frequent', () => {
    const counts = new Map<string, number>();
    for (let index = 0; index < 2_000; index++) {
      for (const char of createApiKey().key.slice(16, 59)) counts.set(char, (counts.get(char) ?? 0) + 1);
    }
    // 86,000 of 62 kinds: 1,387 each, with a standard deviation of 37.
    expect(counts.size).toBe(62);
    expect(Math.min(...counts.values())).toBeGreaterThan(1_387 - 37 * 7);
    expect(Math.max(...counts.values())).toBeLessThan(1_387 + 37 * 7);
  });
});

describe('a ring of keys', () => {
  it('knows whose a key is, and says why it refuses one', () => {
    const { ring, add } = setUp();
    const { key, id, record } = add();
    add();
    expect(nameOf(ring.find(key))).toBe(record.name);
    expect(ring.find(createApiKey(id).key)).toEqual({ problem: 'wrong secret', id });
    const stranger = createApiKey();
    expect(ring.find(stranger.key)).toEqual({ problem: 'unknown', id: stranger.id });
    expect(ring.find(`${key}x`)).toEqual({ problem: 'malformed', id: undefined });
  });

  it('compares as often for an unknown key as for a wrong one or a right one, and not again for one that was right', () => {
    const { ring, add, rotate, countOf } = setUp();
    const { key, id } = add();
    const other = add();
    const rotated = rotate(other.record, 1_000);
    const tried = [createApiKey().key, createApiKey(id).key, key, other.key, rotated.key, createApiKey(other.id).key];
    expect(tried.map((text) => countOf(() => ring.find(text)))).toEqual([2, 2, 2, 2, 2, 2]);
    expect(tried.map((text) => countOf(() => ring.find(text)))).toEqual([2, 2, 0, 0, 0, 2]);
  });

  it('gives the same principal each time, and another one for another secret of the key', () => {
    const { ring, add, rotate } = setUp();
    const { key, record } = add();
    const before = ring.find(key);
    const { key: next } = rotate(record, 1_000);
    expect(ring.find(key)).toBe(before);
    expect(ring.find(next)).not.toBe(before);
    expect(ring.find(next)).toEqual(before);
  });

  it('refuses a revoked key at once, says who came with it, and frees its name', () => {
    const { ring, add, clock } = setUp();
    const { key, record } = add({ name: 'ci' });
    const principal = ring.find(key);
    const revoked = { ...record, revokedAtMs: clock.wallNow(), revokedBy: 'ann' };
    expect(ring.put(revoked)).toEqual([principal]);
    expect(ring.find(key)).toEqual({ problem: 'revoked', id: record.id });
    expect([ring.named('ci'), ring.get(record.id)?.revokedBy]).toEqual([undefined, 'ann']);
    const { id } = add({ name: 'ci' });
    ring.put(revoked);
    expect(ring.named('ci')?.id).toBe(id);
  });

  it('awaits the end of no rotated key that is removed', () => {
    const { ring, add, rotate } = setUp();
    const { id, record } = add();
    rotate(record, 60_000);
    ring.remove(id);
    expect(ring.nextEndMs()).toBeUndefined();
  });

  it('takes a rotated key until its end, and then says who came with it', async () => {
    const { ring, add, rotate, clock } = setUp();
    const { key, record } = add();
    const principal = ring.find(key);
    const { key: next, ended } = rotate(record, 60_000);
    expect([ended, ring.nextEndMs()]).toEqual([[], clock.wallNow() + 60_000]);
    await clock.advance(59_999);
    expect([nameOf(ring.find(key)), nameOf(ring.find(next)), ring.takeEnded()]).toEqual([record.name, record.name, []]);
    await clock.advance(1);
    expect([nameOf(ring.find(key)), nameOf(ring.find(next))]).toEqual(['rotated out', record.name]);
    expect([ring.takeEnded(), ring.takeEnded(), ring.nextEndMs()]).toEqual([[principal], [], undefined]);
  });

  it('has two secrets of a key at most: of one that is rotated twice, the first holds no more', () => {
    const { ring, add, rotate } = setUp();
    const first = add();
    const principal = ring.find(first.key);
    const second = rotate(first.record, 60_000);
    const third = rotate(second.record, 60_000);
    expect(third.ended).toEqual([principal]);
    expect([first.key, second.key, third.key].map((key) => nameOf(ring.find(key)))).toEqual([
      'wrong secret',
      first.record.name,
      first.record.name,
    ]);
  });

  it('admits nobody with an expired key, and never again where the clock jumps back', async () => {
    const { ring, add, clock } = setUp();
    const { key } = add({ expiresAtMs: clock.wallNow() + 1_000 });
    const soon = add({ expiresAtMs: clock.wallNow() + 2_000 });
    await clock.advance(999);
    expect(nameOf(ring.find(key))).not.toBe('expired');
    await clock.advance(1);
    expect(nameOf(ring.find(key))).toBe('expired');
    clock.wallOffsetMs = -3_600_000;
    expect([nameOf(ring.find(key)), nameOf(ring.find(soon.key))]).toEqual(['expired', soon.record.name]);
    // Meanwhile time goes on.
    await clock.advance(1_000);
    expect([nameOf(ring.find(key)), nameOf(ring.find(soon.key))]).toEqual(['expired', 'expired']);
  });

  it('tells when keys were used, once for each time that it is asked', async () => {
    const { ring, add, clock } = setUp();
    const { key, id, record } = add();
    add();
    const first = clock.wallNow();
    ring.find(key);
    await clock.advance(10);
    ring.find(key);
    expect([ring.takeUses(), ring.takeUses()]).toEqual([[{ id, atMs: first }], []]);
    expect(ring.get(id)?.lastUsedAtMs).toBe(first);
    ring.find(key);
    ring.put({ ...record, owner: 'bob' });
    expect(ring.takeUses()).toEqual([{ id, atMs: first + 10 }]);
  });

  it('remembers a bounded number of keys, and finds those that it has forgotten', () => {
    const { ring, add, countOf } = setUp();
    const keys = Array.from({ length: 10_001 }, () => add().key);
    for (const key of keys) ring.find(key);
    expect(countOf(() => ring.find(keys[0] ?? ''))).toBe(2);
    expect(countOf(() => ring.find(keys[10_000] ?? ''))).toBe(0);
    expect(ring.size).toBe(10_001);
  });
});
