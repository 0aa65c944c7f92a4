import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDatabase } from './database.js';
import type { StoreRequest } from './messages.js';
import { Session } from './session.js';

const PUT: StoreRequest = { name: 'putSnapshot', input: { kind: 'k', name: 'n', value: 'v' } };

describe('a session whose file is removed', () => {
  it('keeps its inode, so that no new file passes for it', async () => {
    const { folder, file, session } = await openSession();
    expect(await session.answer([PUT])).toEqual([{ output: undefined }]);
    const { ino } = await stat(file);
    await rm(file);
    const message = `the store '${file}' has been removed or replaced while this server uses it; restart the server`;
    expect(await session.answer([PUT])).toMatchObject([{ fault: { code: 'unavailable', message } }]);
    await collectGarbage();
    const others = Array.from({ length: 50 }, async (_, index) => {
      const other = path.join(folder, `other-${index}`);
      await writeFile(other, '');
      return (await stat(other)).ino;
    });
    expect(await Promise.all(others)).not.toContain(ino);
    await writeFile(file, '');
    expect(await session.answer([PUT])).toMatchObject([{ fault: { message } }]);
  });
});

describe('a session whose connection a failure has closed', () => {
  it('goes on when the log has gone with the last connection', async () => {
    const { file, session } = await openSession();
    expect(await session.answer([PUT])).toEqual([{ output: undefined }]);
    const other = await openDatabase(file);
    other.exec('begin immediate');
    expect(await session.answer([PUT])).toMatchObject([{ fault: { code: 'unavailable' } }]);
    await collectGarbage();
    other.exec('commit');
    other.close();
    await expect(stat(`${file}-wal`)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await session.answer([PUT])).toEqual([{ output: undefined }]);
  });
});

async function openSession() {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-session-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'store.db');
  const session = new Session({ path: file, maxSizeBytes: 1_073_741_824 });
  onTestFinished(() => session.close());
  return { folder, file, session };
}

/** libsql closes a file when its last statement has been collected. */
async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  await new Promise(setImmediate);
}
