import { randomUUID } from 'node:crypto';
import { type FileHandle, open, readdir, rm, statfs } from 'node:fs/promises';
import path from 'node:path';
import { MillraceError } from '../../core/index.js';
import type { ContentWriter, FileContents } from '../files.js';
import { fromFault, toFault } from './faults.js';
import { createFolder, isMissing, syncFolder } from './folders.js';

/** Read at once. */
const CHUNK_BYTES = 65_536;
const NAME = /^[0-9a-f-]{36}$/;

interface ContentFilesSetup {
  readonly folder: string;
  /** For messages. */
  readonly store: string;
  /** Makes this process the one that may write. */
  readonly own: () => Promise<void>;
}

/** Contents as files in a folder, which is created with the first of them. */
export class ContentFiles implements FileContents {
  readonly #setup: ContentFilesSetup;

  constructor(setup: ContentFilesSetup) {
    this.#setup = setup;
  }

  async create(): Promise<ContentWriter> {
    const { folder, own } = this.#setup;
    await own();
    const name = randomUUID();
    return this.#reporting(async () => {
      await createFolder(folder);
      const handle = await open(this.#pathOf(name), 'wx', 0o600);
      return this.#writer(name, { handle, sizeBytes: 0, isNew: true });
    });
  }

  async resume(name: string, sizeBytes: number): Promise<ContentWriter> {
    await this.#setup.own();
    return this.#reporting(async () => {
      const handle = await this.#open(name, 'r+');
      try {
        const { size } = await handle.stat();
        if (size < sizeBytes) throw lost(name, `has ${size} bytes, expected ${sizeBytes}`);
        await handle.truncate(sizeBytes);
        return this.#writer(name, { handle, sizeBytes, isNew: false });
      } catch (error) {
        await handle.close();
        throw error;
      }
    });
  }

  async *read(name: string, fromByte = 0): AsyncGenerator<Uint8Array> {
    const handle = await this.#reporting(() => this.#open(name, 'r'));
    try {
      for (let at = fromByte; ; ) {
        const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
        const { bytesRead } = await this.#reporting(() => handle.read(buffer, 0, CHUNK_BYTES, at));
        if (bytesRead === 0) return;
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await handle.close();
    }
  }

  async discard(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    const { folder } = this.#setup;
    await this.#reporting(async () => {
      for (const name of names) await rm(this.#pathOf(name), { force: true });
      await syncFolder(folder).catch((error: unknown) => {
        if (!isMissing(error)) throw error;
      });
    });
  }

  /** Of all contents. */
  names(): Promise<readonly string[]> {
    return this.#reporting(async () => {
      try {
        return (await readdir(this.#setup.folder)).filter((name) => NAME.test(name));
      } catch (error) {
        if (isMissing(error)) return [];
        throw error;
      }
    });
  }

  freeBytes(): Promise<number | undefined> {
    return this.#reporting(async () => {
      try {
        const { bavail, bsize } = await statfs(this.#setup.folder);
        return bavail * bsize;
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    });
  }

  async #open(name: string, flags: string): Promise<FileHandle> {
    try {
      return await open(this.#pathOf(name), flags);
    } catch (error) {
      throw isMissing(error) ? lost(name, 'is missing') : error;
    }
  }

  #writer(name: string, { handle, sizeBytes, isNew }: OpenContent): ContentWriter {
    let written = sizeBytes;
    let isInFolder = !isNew;
    return {
      name,
      get sizeBytes() {
        return written;
      },
      write: (bytes) =>
        this.#reporting(async () => {
          for (let at = 0; at < bytes.byteLength; ) {
            const { bytesWritten } = await handle.write(bytes, at, bytes.byteLength - at, written);
            at += bytesWritten;
            written += bytesWritten;
          }
        }),
      sync: () =>
        this.#reporting(async () => {
          await handle.sync();
          if (!isInFolder) await syncFolder(this.#setup.folder);
          isInFolder = true;
        }),
      close: () => this.#reporting(() => handle.close()),
    };
  }

  #pathOf(name: string): string {
    return path.join(this.#setup.folder, name);
  }

  async #reporting<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw error instanceof MillraceError ? error : fromFault(toFault(error, this.#setup.store));
    }
  }
}

interface OpenContent {
  readonly handle: FileHandle;
  readonly sizeBytes: number;
  readonly isNew: boolean;
}

function lost(name: string, problem: string): MillraceError {
  return new MillraceError('internal', `the content '${name}' of a file is lost: it ${problem}`);
}
