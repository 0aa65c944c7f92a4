import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDatabase } from './database.js';
import { Executor } from './executor.js';
import type { StoreRequest } from './messages.js';

const PUT: StoreRequest = { name: 'putSnapshot', input: { kind: 'k', name: 'n', value: 'v' } };

describe('an executor whose file is removed', () => {
  it('keeps its inode, so that no new file passes for it', async () => {
    const { folder, file, executor } = await createExecutor();
    expect(await executor.answer([PUT])).toEqual([{ output: undefined }]);
    const { ino } = await stat(file);
    await rm(file);
    const message = `the store '${file}' has been removed or replaced while this server uses it; restart the server`;
    expect(await executor.answer([PUT])).toMatchObject([{ fault: { code: 'unavailable', message } }]);
    await collectGarbage();
    const others = Array.from({ length: 50 }, async (_, index) => {
      const other = path.join(folder, `other-${index}`);
      await writeFile(other, '');
      return (await stat(other)).ino;
    });
    expect(await Promise.all(others)).not.toContain(ino);
    await writeFile(file, '');
    expect(await executor.answer([PUT])).toMatchObject([{ fault: { message } }]);
  });
});

describe('an executor whose connection a failure has closed', () => {
  it('goes on when the log has gone with the last connection', async () => {
    const { file, executor } = await createExecutor();
    expect(await executor.answer([PUT])).toEqual([{ output: undefined }]);
    const other = await openDatabase(file);
    other.exec('begin immediate');
    expect(await executor.answer([PUT])).toMatchObject([{ fault: { code: 'unavailable' } }]);
    await collectGarbage();
    other.exec('commit');
    other.close();
    await expect(stat(`${file}-wal`)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await executor.answer([PUT])).toEqual([{ output: undefined }]);
  });
});

async function createExecutor() {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-session-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'store.db');
  const executor = new Executor({ path: file, maxSizeBytes: 1_073_741_824 });
  onTestFinished(() => executor.close());
  return { folder, file, executor };
}

/** libsql closes a file when its last statement has been collected. */
async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  await new Promise(setImmediate);
}
