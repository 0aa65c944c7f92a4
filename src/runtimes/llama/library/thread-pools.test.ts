import { existsSync, readdirSync } from 'node:fs';
import koffi from 'koffi';
import { describe, expect, it } from 'vitest';
import { openLibrary } from './open.js';
import { openThreadPools } from './thread-pools.js';

/** Where Linux has a folder for each thread of this process. */
const TASKS = '/proc/self/task';

describe('the threads that evaluate', () => {
  it('are there until they are freed, beside the one that asks for an evaluation', async () => {
    const { threadPools } = await openLibrary(undefined);
    const countTasks = () => (existsSync(TASKS) ? readdirSync(TASKS).length : 0);
    const before = countTasks();
    const pool = threadPools?.create(3);
    expect(pool).toBeTypeOf('bigint');
    if (before > 0) expect(countTasks() - before).toBe(2);
    if (pool) threadPools?.free(pool);
    expect(countTasks()).toBe(before);
  });

  it('are left to llama.cpp where a library does not have them', () => {
    const other = koffi.load(process.platform === 'win32' ? 'msvcrt.dll' : null);
    expect(openThreadPools(other)).toBeUndefined();
  });
});
