import { describe, expect, it } from 'vitest';
import { Random } from '../../../test/support/random.js';
import { DistinctKeys } from './distinct-keys.js';
import { KeptKeys, MAX_KEPT_KEYS } from './kept-keys.js';

const random = new Random(1);
const hashes = (count: number) => Array.from({ length: count }, () => random.integer(0, 0xffff_ffff));

describe('a count of different keys', () => {
  it('is exact up to 1,024, however often each comes', () => {
    const keys = new DistinctKeys();
    const all = hashes(1_023);
    for (const hash of [...all, ...all]) keys.add(hash);
    expect(keys.count).toBe(1_023);
  });

  it.each([2_000, 50_000, 1_000_000])(
    'of %i keys is off by at most three standard errors of 3 %, in 4 KiB',
    (count) => {
      const keys = new DistinctKeys();
      for (let key = 0; key < count; key++) keys.add(random.integer(0, 0xffff_ffff));
      expect(Math.abs(keys.count / count - 1)).toBeLessThan(0.1);
      expect(Buffer.from(keys.snapshot(), 'base64').length).toBe(4_096);
    },
  );

  it('goes on from a snapshot, and says when that has changed', () => {
    const before = new DistinctKeys();
    for (const hash of hashes(5_000)) before.add(hash);
    const after = new DistinctKeys(before.snapshot());
    expect([after.count, after.add(0xffff_ffff)]).toEqual([before.count, false]);
    expect([after.add(1), after.add(1), after.snapshot() === before.snapshot()]).toEqual([true, false, false]);
  });
});

describe('the keys that canary keeps', () => {
  it('are known again, by 32 bits, from a snapshot too', () => {
    const keys = new KeptKeys();
    const all = [0, ...hashes(3_000)];
    for (const hash of all) keys.add(hash);
    // As negative numbers, too: what hashes to 32 bits may be signed.
    const after = new KeptKeys(keys.snapshot());
    expect(all.every((hash) => after.has(hash | 0))).toBe(true);
    expect(hashes(3_000).filter((hash) => after.has(hash))).toEqual([]);
    expect([after.add(all[0] ?? 0), after.size]).toEqual([false, keys.size]);
  });

  it('are at most 65,536, in 256 KiB', () => {
    const keys = new KeptKeys();
    let added = 0;
    // Different ones, as the factor is odd.
    for (let key = 1; key <= MAX_KEPT_KEYS + 1; key++) if (keys.add(Math.imul(key, 0x9e3779b1))) added++;
    expect([added, keys.size, keys.has(Math.imul(77, 0x9e3779b1))]).toEqual([65_536, 65_536, true]);
    expect(keys.has(Math.imul(MAX_KEPT_KEYS + 1, 0x9e3779b1))).toBe(false);
    expect(Buffer.from(keys.snapshot(), 'base64').length).toBe(262_144);
  });
});
