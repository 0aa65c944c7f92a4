import { describe, expect, it } from 'vitest';
import { callOf } from '../../../test/support/engine-fixture.js';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { principalOfStoredKey, principalWith } from '../../../test/support/principals.js';
import type { BuiltInRole } from '../../governance/index.js';
import { PrincipalStore, type PrincipalStoreLimits } from './principal-store.js';

const LIMITS: PrincipalStoreLimits = { maxEntries: 3, maxBytes: 100, maxAgeMs: 1_000 };

const named = (name: string, ...roles: readonly BuiltInRole[]) =>
  callOf(principalWith(name, ...(roles.length === 0 ? (['caller'] as const) : roles)));

function start(limits: Partial<PrincipalStoreLimits> = {}) {
  const clock = new FakeClock();
  return { clock, store: new PrincipalStore({ ...LIMITS, ...limits }, clock) };
}

const ANNE = named('anne');
const BEN = named('ben');
const bytes = (length: number) => new Uint8Array(length);

describe('PrincipalStore', () => {
  it('gives what was put there to the principal that put it, and to nobody else', () => {
    const { store } = start();
    const value = bytes(10);
    expect(store.put(ANNE, 'a', value)).toBe(true);
    expect(store.get(ANNE, 'a')).toBe(value);
    expect(store.get(BEN, 'a')).toBeUndefined();
    expect(store.get(ANNE, 'b')).toBeUndefined();
  });

  it('gives nothing to a key that was made under the name of a revoked one', () => {
    const { store } = start();
    const [before, again] = ['1', '2'].map((id) => callOf(principalOfStoredKey('anne', id, 'caller')));
    if (before === undefined || again === undefined) throw new Error('there are two');
    store.put(before, 'a', bytes(10));
    expect([store.get(again, 'a'), store.delete(again, 'a')]).toEqual([undefined, false]);
    expect(store.get(before, 'a')).toBeDefined();
  });

  it('takes something out once, and for its principal only', () => {
    const { store } = start();
    store.put(ANNE, 'a', bytes(10));
    expect(store.delete(BEN, 'a')).toBe(false);
    expect(store.delete(ANNE, 'a')).toBe(true);
    expect(store.delete(ANNE, 'a')).toBe(false);
    expect(store.sizeBytes).toBe(0);
  });

  it('needs the right to infer', () => {
    const { store } = start();
    const message = "'key:eve' lacks the right 'model.infer'; its roles: viewer";
    expect(() => store.get(named('eve', 'viewer'), 'a')).toThrow(message);
    expect(() => store.put(named('eve', 'viewer'), 'a', bytes(1))).toThrow(message);
    expect(() => store.delete(named('eve', 'viewer'), 'a')).toThrow(message);
  });

  it('forgets the oldest of the principal that has most in it, where there are too many', () => {
    const { store } = start();
    store.put(ANNE, 'a', bytes(10));
    store.put(BEN, 'b', bytes(11));
    store.put(BEN, 'c', bytes(11));
    store.put(ANNE, 'd', bytes(10));
    expect(['a', 'd'].map((id) => store.get(ANNE, id) !== undefined)).toEqual([true, true]);
    expect(['b', 'c'].map((id) => store.get(BEN, id) !== undefined)).toEqual([false, true]);
  });

  it('forgets the oldest of the principal that has most entries, where there are too many of them', () => {
    const { store } = start();
    store.put(ANNE, 'large', bytes(50));
    store.put(BEN, 'a', bytes(1));
    store.put(BEN, 'b', bytes(1));
    store.put(BEN, 'c', bytes(1));
    expect(store.get(ANNE, 'large')).toBeDefined();
    expect(['a', 'b', 'c'].map((id) => store.get(BEN, id) !== undefined)).toEqual([false, true, true]);
  });

  it('forgets until there is room for more bytes, and refuses what never has room', () => {
    const { store } = start();
    store.put(ANNE, 'a', bytes(40));
    store.put(ANNE, 'b', bytes(40));
    store.put(BEN, 'c', bytes(60));
    expect(store.get(ANNE, 'a')).toBeUndefined();
    expect(store.get(ANNE, 'b')).toBeDefined();
    expect(store.sizeBytes).toBe(100);
    expect(store.put(BEN, 'd', bytes(101))).toBe(false);
    expect(store.sizeBytes).toBe(100);
  });

  it('counts what is put under the same id once', () => {
    const { store } = start();
    store.put(ANNE, 'a', bytes(40));
    store.put(ANNE, 'a', bytes(50));
    expect(store.sizeBytes).toBe(50);
    expect(store.get(ANNE, 'a')?.length).toBe(50);
  });

  it('forgets what is too old, whether anybody asks or not', async () => {
    const { store, clock } = start();
    store.put(ANNE, 'a', bytes(10));
    await clock.advance(600);
    store.put(BEN, 'b', bytes(10));
    await clock.advance(400);
    expect(store.sizeBytes).toBe(10);
    expect(store.get(ANNE, 'a')).toBeUndefined();
    expect(store.get(BEN, 'b')).toBeDefined();
    await clock.advance(600);
    expect(store.sizeBytes).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('keeps nothing where nothing may be kept', () => {
    const { store, clock } = start({ maxEntries: 0 });
    expect(store.put(ANNE, 'a', bytes(1))).toBe(false);
    expect(store.get(ANNE, 'a')).toBeUndefined();
    expect(clock.pendingTimers).toBe(0);
  });
});
