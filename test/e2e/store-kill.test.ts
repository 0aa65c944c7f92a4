import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/index.js';
import { openTestStore, storeFolder } from '../support/store.js';

const WRITER = path.resolve('test/fixtures/store-writer.mjs');
const ROUNDS = 8;

/** Runs the writer until it has acknowledged `count` numbers, then kills it; resolves with those that it has acknowledged. */
async function writeUntilKilled(file: string, { from, count }: Readonly<Record<'from' | 'count', number>>) {
  const child = spawn(process.execPath, [WRITER, file, String(from)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const acknowledged: number[] = [];
  const closed = once(child, 'close');
  for await (const line of createInterface(child.stdout)) {
    if (acknowledged.push(Number(line)) === count) child.kill('SIGKILL');
  }
  await closed;
  return acknowledged;
}

async function valuesOf(store: Store): Promise<ReadonlyMap<string, number>> {
  const current = await store.declarations.current();
  return new Map(current.map(({ name, value }) => [name, value as number]));
}

describe('a store whose process is killed while it writes', () => {
  it('has all that was acknowledged, and nothing by halves', async () => {
    const file = path.join(await storeFolder(), 'store.db');
    for (let round = 0; round < ROUNDS; round++) {
      const from = round * 1_000_000;
      const acknowledged = await writeUntilKilled(file, { from, count: 3 + round * 7 });
      const store = await openTestStore({ path: file });
      const values = await valuesOf(store);
      for (let index = 0; index < 8; index++) {
        expect(values.get(`a${index}`)).toBe(values.get(`b${index}`));
        const last = Math.max(...acknowledged.filter((number) => number % 8 === index), -1);
        expect(values.get(`a${index}`) ?? -1).toBeGreaterThanOrEqual(last);
      }
      const snapshots = acknowledged.map((number) => store.snapshots.get('number', String(number)));
      expect(await Promise.all(snapshots)).toEqual(acknowledged);
      await store.close();
    }
  });
});
