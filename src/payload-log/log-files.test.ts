import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTempFolder } from '../../test/support/model-folder.js';
import { listLogFiles, nameOfLogFile, removeOldFiles } from './log-files.js';
import { eraseRequest } from './reading/erase.js';
import { searchRecords } from './reading/search.js';
import { LogFile } from './writing/log-file.js';

const NOW = Date.parse('2026-12-03T12:00:00Z');
const HOUR_MS = 3_600_000;

const line = (id: string, more: object = {}) =>
  `${JSON.stringify({ format: 1, at: new Date(NOW).toISOString(), request_id: id, model: 'm', status: 'ok', inputs: [], ...more })}\n`;

async function search(folder: string, limit: number) {
  const ids: string[] = [];
  let from: string | undefined;
  do {
    const page = await searchRecords(folder, { filter: {}, sees: () => true }, { limit, from });
    ids.push(...page.records.map(({ request_id: id }) => id));
    from = page.next;
  } while (from !== undefined);
  return ids;
}

describe('files of the payload log', () => {
  it('are for the server alone, and follow one another by size and age', async () => {
    await using folder = await createTempFolder();
    const place = path.join(folder.path, 'log');
    const log = new LogFile({ folder: place, fileSizeBytes: 60, fileHours: 1 });
    const begun = [
      log.append('a\n', NOW),
      log.append(`${'b'.repeat(60)}\n`, NOW),
      log.append('c\n', NOW),
      log.append('d\n', NOW + HOUR_MS),
    ];
    log.close();
    expect(begun).toEqual([true, false, true, true]);
    const files = await listLogFiles(place);
    expect(await Promise.all(files.map(async ({ file }) => readFile(file, 'utf8')))).toEqual([
      `a\n${'b'.repeat(60)}\n`,
      'c\n',
      'd\n',
    ]);
    expect((await stat(place)).mode & 0o777).toBe(0o700);
    for (const { file } of files) expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('are removed when their first record is too old, and the oldest where all are too large', async () => {
    await using folder = await createTempFolder();
    const write = (hoursAgo: number) =>
      writeFile(path.join(folder.path, nameOfLogFile(NOW - hoursAgo * HOUR_MS, 1)), 'x'.repeat(100));
    for (const hours of [25, 24, 23, 2, 1]) await write(hours);
    await writeFile(path.join(folder.path, 'principal.key'), 'k'.repeat(300));
    await removeOldFiles(folder.path, { keepDays: 1, maxSizeBytes: 1_000 }, NOW);
    expect((await listLogFiles(folder.path)).map(({ beginMs }) => (NOW - beginMs) / HOUR_MS)).toEqual([23, 2, 1]);
    await removeOldFiles(folder.path, { keepDays: 1, maxSizeBytes: 250 }, NOW);
    expect((await listLogFiles(folder.path)).map(({ beginMs }) => (NOW - beginMs) / HOUR_MS)).toEqual([2, 1]);
    expect(await readdir(folder.path)).toContain('principal.key');
  });

  it('are read from their end by pages of any size', async () => {
    await using folder = await createTempFolder();
    await writeFile(path.join(folder.path, nameOfLogFile(NOW, 1)), line('1') + line('2') + line('3'));
    await writeFile(path.join(folder.path, nameOfLogFile(NOW + 1, 1)), `${line('4')}cut`);
    for (const limit of [1, 2, 3, 100]) expect(await search(folder.path, limit)).toEqual(['4', '3', '2', '1']);
    expect(await search(path.join(folder.path, 'nowhere'), 10)).toEqual([]);
    await expect(searchRecords(folder.path, { filter: {}, sees: () => true }, { limit: 1, from: 'x' })).rejects.toThrow(
      'after: expected what `next` of the page before says',
    );
  });

  it('have nothing of an erased request any more, and all of the others', async () => {
    await using folder = await createTempFolder();
    const file = path.join(folder.path, nameOfLogFile(NOW, 1));
    const marked = line('é-1', { parameters: { text: 'marker' } });
    await writeFile(file, line('a') + marked + line('b', { parameters: { about: 'é-1' } }) + marked);
    expect(await eraseRequest(folder.path, 'é-1')).toBe(2);
    expect(await readFile(file, 'utf8')).not.toContain('marker');
    expect(await search(folder.path, 10)).toEqual(['b', 'a']);
    expect(await eraseRequest(folder.path, 'é-1')).toBe(0);
  });
});
