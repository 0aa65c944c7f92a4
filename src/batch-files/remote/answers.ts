import { open } from 'node:fs/promises';
import { MillraceError } from '../../core/index.js';
import { findLineEnd, readRecords } from '../reading/records.js';
import { START } from '../types.js';
import type { ManifestFile, RequestFile } from './manifest.js';
import type { BatchService, RemoteAnswer } from './service.js';

/** Indices that are kept: the next row is in the same file, or in that of a later round. */
const MAX_INDICES = 3;
const MAX_LINE_BYTES = 1 << 30;

/** By a request's id, where its answer is in a file. */
type Index = ReadonlyMap<string, { readonly offset: number; readonly bytes: number }>;

/** Finds answers in the files that were downloaded. */
export class Answers {
  readonly #manifest: ManifestFile;
  readonly #service: Pick<BatchService, 'decode'>;
  readonly #indices = new Map<string, Promise<Index>>();

  constructor(manifest: ManifestFile, service: Pick<BatchService, 'decode'>) {
    this.#manifest = manifest;
    this.#service = service;
  }

  /** The answer to the request of an id that begins with a row; undefined = there is none. */
  async find(id: string, row: number): Promise<RemoteAnswer | undefined> {
    // A request that was sent again has its answer in the later file.
    for (const file of [...this.#manifest.manifest.files].reverse()) {
      if (file.failed === undefined || row < file.firstRow || row > file.lastRow) continue;
      const place = (await this.#indexOf(file)).get(id);
      if (place === undefined) continue;
      return this.#service.decode(await readAt(this.#manifest.answersOf(file), place));
    }
    return undefined;
  }

  /** One for all that ask at once. */
  #indexOf(file: RequestFile): Promise<Index> {
    const index = this.#indices.get(file.name) ?? indexOf(this.#manifest.answersOf(file));
    // The first one is the least recently used.
    this.#indices.delete(file.name);
    this.#indices.set(file.name, index);
    const [oldest] = this.#indices.keys();
    if (this.#indices.size > MAX_INDICES && oldest !== undefined) this.#indices.delete(oldest);
    return index;
  }
}

async function indexOf(path: string): Promise<Index> {
  const places = new Map<string, { readonly offset: number; readonly bytes: number }>();
  const options = {
    from: START,
    stride: Number.MAX_SAFE_INTEGER,
    maxRecordBytes: MAX_LINE_BYTES,
    findEnd: findLineEnd,
  };
  for await (const { bytes, starts, ends, first } of readRecords(path, options)) {
    const offset = first.offset;
    for (let index = 0; index < starts.length; index++) {
      const [start = 0, end = 0] = [starts[index], ends[index]];
      places.set(idOf(bytes.toString('utf8', start, end), path), { offset: offset + start, bytes: end - start });
    }
  }
  return places;
}

function idOf(line: string, path: string): string {
  const [, id] = /"custom_id"\s*:\s*"(\d+\+\d+)"/.exec(line) ?? [];
  if (id !== undefined) return id;
  throw new MillraceError('internal', `${path}: a line of the server's answers has no custom_id of this run`);
}

async function readAt(path: string, { offset, bytes }: { readonly offset: number; readonly bytes: number }) {
  const file = await open(path);
  try {
    const line = Buffer.alloc(bytes);
    await file.read(line, 0, bytes, offset);
    return line.toString();
  } finally {
    await file.close();
  }
}
