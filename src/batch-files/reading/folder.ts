import { readdir, readFile, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { invalidArgument } from '../../core/index.js';
import type { Block, ColumnInfo, RowReader } from '../types.js';

const MEDIA_FILE = /\.(jpe?g|png|webp|gif|wav|flac|mp3|ogg|opus)$/i;
const BLOCK_FILES = 64;
const BLOCK_BYTES = 16 << 20;

/** The columns of every folder: the file's path below it, and its bytes. */
const COLUMNS: readonly ColumnInfo[] = [
  { name: 'file', type: 'text', isText: false, isNumeric: false },
  { name: 'data', type: 'media', isText: false, isNumeric: false },
];

/** Pictures or sounds of a folder and those below it, by their paths, each a row. */
export async function openFolder(path: string, maxFileBytes: number): Promise<RowReader> {
  const files = await mediaFiles(path);
  if (files.length === 0) {
    throw invalidArgument(
      `${path} has no pictures or sounds: expected .jpg, .png, .webp, .gif, .wav, .flac, .mp3 or .ogg`,
    );
  }
  return {
    columns: COLUMNS,
    totalRows: files.length,
    sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    async *read({ from, stride }) {
      for (let row = from.row; row < files.length; ) {
        const most = Math.min(BLOCK_FILES, stride - (row % stride));
        const block = await readBlock(path, files.slice(row, row + most), { row, maxFileBytes });
        yield block;
        row += block.rows;
      }
    },
    async close() {},
  };
}

interface MediaFile {
  /** Below the folder, with `/`. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/** In the order of their names' bytes, whatever the system's. */
export async function mediaFiles(path: string): Promise<readonly MediaFile[]> {
  const entries = await readdir(path, { recursive: true });
  const names = entries.map((name) => name.split(sep).join('/')).filter((name) => MEDIA_FILE.test(name));
  names.sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
  const files: MediaFile[] = [];
  for (const name of names) {
    const stats = await stat(join(path, name));
    if (stats.isFile()) files.push({ name, sizeBytes: stats.size, modifiedMs: stats.mtimeMs });
  }
  return files;
}

interface FolderPlace {
  readonly row: number;
  readonly maxFileBytes: number;
}

/** At least one of the files, and no more than a block holds. */
async function readBlock(
  folder: string,
  files: readonly MediaFile[],
  { row, maxFileBytes }: FolderPlace,
): Promise<Block> {
  const names: string[] = [];
  const contents: (Uint8Array | undefined)[] = [];
  const problems = new Map<number, string>();
  let sizeBytes = 0;
  for (const file of files) {
    if (names.length > 0 && sizeBytes + file.sizeBytes > BLOCK_BYTES) break;
    const index = names.push(file.name) - 1;
    if (file.sizeBytes > maxFileBytes) {
      problems.set(index, `${file.name} has ${file.sizeBytes} bytes: expected at most ${maxFileBytes}`);
      continue;
    }
    sizeBytes += file.sizeBytes;
    contents[index] = await readFile(join(folder, file.name)).catch((error: NodeJS.ErrnoException) => {
      problems.set(index, `${file.name} cannot be read (${error.code})`);
      return undefined;
    });
  }
  return {
    first: { row, line: 0, offset: 0 },
    rows: names.length,
    column(name) {
      if (name === 'file') return { at: (index) => names[index] };
      return name === 'data' ? { at: (index) => contents[index] } : undefined;
    },
    problems,
    line: () => undefined,
    next: { row: row + names.length, line: 0, offset: 0 },
  };
}
