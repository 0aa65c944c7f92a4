import path from 'node:path';
import { expect, it } from 'vitest';
import { createTempFolder } from '../../../test/support/model-folder.js';
import { openFile } from './file.js';

it('writes ahead to a log, and syncs it with each commit', async () => {
  await using folder = await createTempFolder({});
  const db = await openFile({ path: path.join(folder.path, 'store.db'), maxSizeBytes: 1_000_000 });
  try {
    const read = (pragma: string) => db.prepare(`pragma ${pragma}`).all([]);
    expect(read('journal_mode')).toEqual([{ journal_mode: 'wal' }]);
    expect(read('synchronous')).toEqual([{ synchronous: 2 }]);
    expect(read('secure_delete')).toEqual([{ secure_delete: 1 }]);
    expect(read('max_page_count')).toEqual([{ max_page_count: 245 }]);
  } finally {
    db.close();
  }
});
