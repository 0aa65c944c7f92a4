import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';

/** A POSIX shared memory object as a client makes one, removed when it is disposed. Linux only. */
export interface SharedObject extends Disposable {
  /** `/millrace-test-…`. */
  readonly key: string;
  readonly path: string;
  content(): Buffer;
  write(content: Uint8Array): void;
  resize(sizeBytes: number): void;
}

export function createSharedObject(content: Uint8Array | number): SharedObject {
  const key = `/millrace-test-${randomUUID()}`;
  const path = `/dev/shm${key}`;
  writeFileSync(path, typeof content === 'number' ? Buffer.alloc(content) : content, { flag: 'wx' });
  return {
    key,
    path,
    content: () => readFileSync(path),
    write: (bytes) => writeFileSync(path, bytes, { flag: 'r+' }),
    resize: (sizeBytes) => truncateSync(path, sizeBytes),
    [Symbol.dispose]: () => rmSync(path, { force: true }),
  };
}
