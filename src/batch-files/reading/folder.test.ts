import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { readAll, scratchFolder } from '../../../test/support/batch-files.js';
import { openFolder } from './folder.js';

it('a folder has a row for each picture and sound, in the order of their paths', async () => {
  const folder = scratchFolder();
  mkdirSync(path.join(folder, 'deep/er'), { recursive: true });
  for (const name of ['b.JPG', 'a.png', 'notes.txt', 'deep/er/c.wav']) writeFileSync(path.join(folder, name), name);
  writeFileSync(path.join(folder, 'large.gif'), Buffer.alloc(200));
  const reader = await openFolder(folder, 100);
  expect(reader.totalRows).toBe(4);
  const { rows, blocks } = await readAll(reader, { stride: 3 });
  expect(rows).toEqual([
    { file: 'a.png', data: Buffer.from('a.png') },
    { file: 'b.JPG', data: Buffer.from('b.JPG') },
    { file: 'deep/er/c.wav', data: Buffer.from('deep/er/c.wav') },
    'large.gif has 200 bytes: expected at most 100',
  ]);
  expect(blocks.map((block) => block.rows.length)).toEqual([3, 1]);
});

it('a folder without pictures and sounds is refused', async () => {
  const folder = scratchFolder();
  await expect(openFolder(folder, 100)).rejects.toThrow(
    `${folder} has no pictures or sounds: expected .jpg, .png, .webp, .gif, .wav, .flac, .mp3 or .ogg`,
  );
});
