import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { batchRecord } from '../../../test/support/batches.js';
import { openTestStore, storeFolder } from '../../../test/support/store.js';
import type { FileContents, NewFile } from '../files.js';
import type { Store } from '../types.js';

const newFile = (id: string, content: string, changes: Partial<NewFile> = {}): NewFile => ({
  id,
  owner: 'key:anne',
  principal: 'anne',
  purpose: 'batch',
  name: `${id}.jsonl`,
  sizeBytes: 5,
  content,
  createdAtMs: 0,
  expiresAtMs: 1_000,
  ...changes,
});

/** Writes a content that is on the disk then; returns its name. */
async function write(contents: FileContents, text: string): Promise<string> {
  const writer = await contents.create();
  await writer.write(Buffer.from(text));
  await writer.sync();
  await writer.close();
  return writer.name;
}

async function read(contents: FileContents, name: string, fromByte?: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of contents.read(name, fromByte)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** All files below a folder, as Latin-1. */
async function bytesBelow(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => path.join(parentPath, name));
  return (await Promise.all(files.map((file) => readFile(file, 'latin1')))).join('');
}

async function addFile({ files }: Store, id: string, changes: Partial<NewFile> = {}): Promise<string> {
  const content = await write(files.contents, `content of ${id}`);
  await files.add(newFile(id, content, changes));
  return content;
}

describe('a file', () => {
  it('leaves nothing on the disk once it is removed', async () => {
    const folder = await storeFolder();
    const store = await openTestStore({ path: path.join(folder, 'store.db') });
    for (let index = 0; index < 60; index++) await addFile(store, `file-${index}-end`);
    for (let index = 0; index < 60; index += 2) {
      expect(await store.files.remove(`file-${index}-end`)).toEqual({ kind: 'removed' });
    }
    const bytes = await bytesBelow(folder);
    const found = Array.from({ length: 60 }, (_, index) => index).filter((index) =>
      bytes.includes(`file-${index}-end`),
    );
    expect(found).toEqual(Array.from({ length: 30 }, (_, index) => 2 * index + 1));
    expect(await store.files.remove('file-0-end')).toEqual({ kind: 'missing' });
  });

  it('is not removed while a batch that has not ended reads it, not even when its time is over', async () => {
    const store = await openTestStore();
    const inputContent = await addFile(store, 'file-in');
    const batch = batchRecord({ inputContent });
    expect(await store.batches.add(batch)).toBe(true);
    expect(await store.files.remove('file-in')).toEqual({ kind: 'inUse', batch: 'batch_1' });
    expect(await store.files.prune(2_000)).toEqual({ released: [], hasMore: false });
    await store.batches.put({ ...batch, state: 'cancelled', removeAtMs: 5_000 });
    expect(await store.files.prune(2_000)).toEqual({
      released: [{ owner: 'key:anne', files: 1, bytes: 5 }],
      hasMore: false,
    });
    await expect(read(store.files.contents, inputContent)).rejects.toThrow(
      `the content '${inputContent}' of a file is lost: it is missing`,
    );
  });

  it('that is gone is no input of a batch', async () => {
    const { batches } = await openTestStore();
    expect(await batches.add(batchRecord())).toBe(false);
  });
});

it('contents that no row names are removed, and others stay', async () => {
  const folder = await storeFolder();
  const store = await openTestStore({ path: path.join(folder, 'store.db') });
  const kept = await addFile(store, 'file-a');
  const orphan = await write(store.files.contents, 'x');
  const [output, errors] = [await write(store.files.contents, 'o'), await write(store.files.contents, 'e')];
  await store.batches.add(
    batchRecord({ inputFile: 'file-a', inputContent: kept, outputContent: output, errorContent: errors }),
  );
  await writeFile(path.join(folder, 'store-files/not-ours'), '');
  await store.files.sweep();
  const left = await readdir(path.join(folder, 'store-files'));
  expect(left.sort()).toEqual([kept, output, errors, 'not-ours'].sort());
  expect(left).not.toContain(orphan);
});

it('a content continues behind its first bytes, and is lost where it has fewer', async () => {
  const { contents } = (await openTestStore()).files;
  const name = await write(contents, 'one two three');
  const writer = await contents.resume(name, 4);
  await writer.write(Buffer.from('more'));
  await writer.sync();
  await writer.close();
  expect(await read(contents, name)).toBe('one more');
  expect(await read(contents, name, 4)).toBe('more');
  await expect(contents.resume(name, 9)).rejects.toThrow(
    `the content '${name}' of a file is lost: it has 8 bytes, expected 9`,
  );
});

it('parts count as bytes of their owner until the upload is complete', async () => {
  const { files } = await openTestStore();
  const about = { owner: 'key:anne', principal: 'anne', purpose: 'batch', name: 'f', sizeBytes: 5, createdAtMs: 0 };
  await files.uploads.create({ ...about, id: 'upload_1', mediaType: '', keepMs: 10, expiresAtMs: 100 });
  const part = { id: 'part_1', upload: 'upload_1', owner: 'key:anne', sizeBytes: 5, createdAtMs: 0 };
  expect(await files.uploads.addPart({ ...part, content: await write(files.contents, 'abcde') }, 1)).toBe('added');
  expect(await files.uploads.addPart({ ...part, id: 'part_2', content: 'c' }, 1)).toBe('full');
  expect(await files.totals()).toEqual([{ owner: 'key:anne', files: 0, bytes: 5 }]);
  const content = await write(files.contents, 'abcde');
  expect(await files.uploads.complete('upload_1', newFile('file-1', content))).toBe(true);
  expect(await files.totals()).toEqual([{ owner: 'key:anne', files: 1, bytes: 5 }]);
  expect(await files.uploads.complete('upload_1', newFile('file-2', 'c'))).toBe(false);
  expect(await files.uploads.addPart({ ...part, content: 'c' }, 9)).toBe('closed');
  expect(await files.uploads.cancel('upload_1')).toBe(false);
  expect(await files.uploads.prune(100)).toEqual({ released: [], hasMore: false });
  expect(await files.uploads.get('upload_1')).toBeUndefined();
});
