import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { openTestStore, storeFolder } from '../../../test/support/store.js';
import { bytesOf, LANE, NOW_MS, newJob, succeed, WEBHOOK } from '../../../test/support/stored-jobs.js';
import { openDatabase } from './database.js';

/** All files below a folder, as Latin-1. */
async function contentOf(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => path.join(parentPath, name));
  return (await Promise.all(files.map((file) => readFile(file, 'latin1')))).join('');
}

/** Stores a job with the word in its request, its body and its answer, and ends it. */
async function createEnded(jobs: Awaited<ReturnType<typeof openTestStore>>['jobs'], word: string, sizeBytes: number) {
  const request = { method: 'POST', url: `/${word}`, headers: { 'x-word': word } };
  const webhook = { ...WEBHOOK, url: `https://hooks.example/${word}` };
  await jobs.submit(newJob(word, { request, identity: word, webhook }), bytesOf(`${word} `, sizeBytes));
  const [claimed] = await jobs.claim(LANE, { limit: 1, nowMs: NOW_MS });
  if (claimed === undefined) throw new Error('it was not claimed');
  await jobs.change(succeed(claimed.record, bytesOf(`${word} `, sizeBytes / 2)));
}

it('nothing of a job that was removed is on the disk', async () => {
  const folder = await storeFolder();
  const { jobs } = await openTestStore({ path: path.join(folder, 'store.db') });
  // Rows that SQLite moves between pages, rows with pages of their own, and files.
  const sizes = [100, 300, 1_000, 3_000, 9_000, 33_000, 200, 600];
  const words = Array.from({ length: 160 }, (_, index) => `word-${index}-${'abcdefgh'[index % 8]}`);
  for (const [index, word] of words.entries()) await createEnded(jobs, word, sizes[(index * 7) % 8] ?? 0);
  const isGone = (_word: string, index: number) => index % 3 !== 0;
  const removed = words.filter(isGone);
  for (const word of removed) expect(await jobs.remove(word)).toBe(true);
  const content = await contentOf(folder);
  expect(removed.filter((word) => content.includes(word))).toEqual([]);
  const kept = words.filter((word, index) => !isGone(word, index));
  expect(kept.filter((word) => !content.includes(word))).toEqual([]);
  const database = await openDatabase(path.join(folder, 'store.db'));
  expect(database.prepare('pragma integrity_check').all([])).toEqual([{ integrity_check: 'ok' }]);
  database.close();
});

it('what a removal cannot clear because the store is being read, the next one does', async () => {
  const folder = await storeFolder();
  const file = path.join(folder, 'store.db');
  const { jobs } = await openTestStore({ path: file });
  await createEnded(jobs, 'first-word', 100);
  await createEnded(jobs, 'second-word', 100);
  const reader = await openDatabase(file);
  reader.exec('begin');
  reader.prepare('select count(*) from jobs').all([]);
  expect(await jobs.remove('first-word')).toBe(true);
  expect(await contentOf(folder)).toContain('first-word');
  reader.exec('commit');
  reader.close();
  expect(await jobs.prune(NOW_MS)).toEqual({ jobs: [], hasMore: false });
  const content = await contentOf(folder);
  expect([content.includes('first-word'), content.includes('second-word')]).toEqual([false, true]);
});

it('a job that is not there, or has not ended, is not removed', async () => {
  const { jobs } = await openTestStore();
  await jobs.submit(newJob('a'), bytesOf('body'));
  expect([await jobs.remove('a'), await jobs.remove('b')]).toEqual([false, false]);
  expect(await jobs.get('a')).toMatchObject({ state: 'queued' });
});

it('what time has removed is not on the disk', async () => {
  const folder = await storeFolder();
  const { jobs } = await openTestStore({ path: path.join(folder, 'store.db') });
  await createEnded(jobs, 'first-word', 40_000);
  expect(await jobs.prune(NOW_MS + 1_500)).toMatchObject({ jobs: [{ id: 'first-word' }], hasMore: false });
  expect(await contentOf(folder)).not.toContain('first-word');
});
