import type { ObjectStore } from '../object-store/index.js';
import type { ContentWriter, FileContents } from '../store/index.js';
import type { ObjectRules } from '../stored-requests/index.js';
import type { HttpsInputOptions } from './https-input.js';

/** Where the requests of a batch come from. */
export interface BatchInput {
  /** Chunks from a byte on, at which a line begins. */
  read(fromByte: number): AsyncIterable<Uint8Array>;
}

/** Where the results of a batch go: lines that are appended, and are not lost once they are synchronised. */
export interface BatchOutput {
  append(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The content of an uploaded file. */
export function fileInput(contents: FileContents, name: string): BatchInput {
  return { read: (fromByte) => contents.read(name, fromByte) };
}

/** A content that becomes a file, continued behind its first `sizeBytes`. */
export async function fileOutput(contents: FileContents, name: string, sizeBytes: number): Promise<BatchOutput> {
  const writer: ContentWriter = await contents.resume(name, sizeBytes);
  return { append: (bytes) => writer.write(bytes), sync: () => writer.sync(), close: () => writer.close() };
}

/** Where objects are that batches read and write, how files of web servers are read, and who may name which. */
export interface BatchObjectStore {
  readonly store: Pick<ObjectStore, 'get' | 'list' | 'upload'>;
  readonly rules: ObjectRules;
  readonly https: HttpsInputOptions;
}
