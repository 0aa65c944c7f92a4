import { type FileHandle, open } from 'node:fs/promises';
import { MillraceError } from '../../core/index.js';
import { findLineEnd, readRecords } from '../reading/records.js';
import { START } from '../types.js';
import type { ManifestFile, RequestFile } from './manifest.js';
import type { BatchService, RemoteAnswer } from './service.js';

/** Indices of files that are kept: the next row is in the same file, or in that of the second round. */
const MAX_OPEN = 3;
const MAX_LINE_BYTES = 1 << 30;

interface OpenAnswers {
  readonly handle: FileHandle;
  /** By the request's id, where its line is. */
  readonly places: ReadonlyMap<string, { readonly offset: number; readonly bytes: number }>;
}

/** Finds answers in the files that were downloaded. */
export class Answers {
  readonly #manifest: ManifestFile;
  readonly #service: Pick<BatchService, 'decode'>;
  readonly #open = new Map<string, OpenAnswers>();

  constructor(manifest: ManifestFile, service: Pick<BatchService, 'decode'>) {
    this.#manifest = manifest;
    this.#service = service;
  }

  /** The answer to the request of an id that begins with a row; undefined = there is none. */
  async find(id: string, row: number): Promise<RemoteAnswer | undefined> {
    // A request that was sent again has its answer in the later file.
    for (const file of [...this.#manifest.manifest.files].reverse()) {
      if (file.failed === undefined || row < file.firstRow || row > file.lastRow) continue;
      const { handle, places } = await this.#openAnswers(file);
      const place = places.get(id);
      if (place === undefined) continue;
      const line = Buffer.alloc(place.bytes);
      await handle.read(line, 0, line.length, place.offset);
      return this.#service.decode(line.toString());
    }
    return undefined;
  }

  async #openAnswers(file: RequestFile): Promise<OpenAnswers> {
    const known = this.#open.get(file.name);
    if (known !== undefined) return known;
    const [oldest] = this.#open.keys();
    if (this.#open.size >= MAX_OPEN && oldest !== undefined) {
      await this.#open.get(oldest)?.handle.close();
      this.#open.delete(oldest);
    }
    const path = this.#manifest.answersOf(file);
    const opened = { handle: await open(path), places: await this.#index(path) };
    this.#open.set(file.name, opened);
    return opened;
  }

  async #index(path: string): Promise<OpenAnswers['places']> {
    const places = new Map<string, { readonly offset: number; readonly bytes: number }>();
    const options = {
      from: START,
      stride: Number.MAX_SAFE_INTEGER,
      maxRecordBytes: MAX_LINE_BYTES,
      findEnd: findLineEnd,
    };
    for await (const { bytes, starts, ends, first } of readRecords(path, options)) {
      for (let index = 0; index < starts.length; index++) {
        const [start = 0, end = 0] = [starts[index], ends[index]];
        const id = idOf(bytes.toString('utf8', start, end), path);
        places.set(id, { offset: first.offset + start, bytes: end - start });
      }
    }
    return places;
  }

  async close(): Promise<void> {
    for (const { handle } of this.#open.values()) await handle.close();
    this.#open.clear();
  }
}

function idOf(line: string, path: string): string {
  const [, id] = /"custom_id"\s*:\s*"(\d+\+\d+)"/.exec(line) ?? [];
  if (id === undefined)
    throw new MillraceError('internal', `${path}: a line of the server's answers has no custom_id of ours`);
  return id;
}
