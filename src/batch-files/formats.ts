import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { invalidArgument } from '../core/index.js';
import { openCsv } from './reading/csv.js';
import { openFolder } from './reading/folder.js';
import { openJsonl } from './reading/jsonl.js';
import { openParquet } from './reading/parquet.js';
import type { InputFormat, OutputFormat, RowReader } from './types.js';

const ENDINGS: Readonly<Record<string, OutputFormat>> = {
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.csv': 'csv',
  '.parquet': 'parquet',
};

/** The format that a file's name says. Throws `invalid_argument` where it says none. */
export function formatOfName(path: string): OutputFormat {
  const format = ENDINGS[extname(path).toLowerCase()];
  if (format !== undefined) return format;
  throw invalidArgument(`${path}: expected a name that ends in ${Object.keys(ENDINGS).join(', ')}`);
}

/** Rows to read, and the format in which they are. */
export interface OpenInput {
  readonly format: InputFormat;
  readonly reader: RowReader;
}

/** Opens a file of rows, or a folder of pictures or sounds. Rejects with `invalid_argument` that says what is wrong with it. */
export async function openInput(path: string, maxRowBytes: number): Promise<OpenInput> {
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw invalidArgument(`${path} ${error.code === 'ENOENT' ? 'does not exist' : `cannot be read (${error.code})`}`);
  });
  if (stats.isDirectory()) return { format: 'folder', reader: await openFolder(path, maxRowBytes) };
  const format = formatOfName(path);
  switch (format) {
    case 'jsonl':
      return { format, reader: await openJsonl(path, maxRowBytes) };
    case 'csv':
      return { format, reader: await openCsv(path, maxRowBytes) };
    case 'parquet':
      return { format, reader: await openParquet(path) };
    default:
      return format satisfies never;
  }
}
