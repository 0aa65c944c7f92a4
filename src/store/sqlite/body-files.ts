import { createHash, type Hash, randomUUID } from 'node:crypto';
import { open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createFolder, isMissing, syncFolder } from './folders.js';

/** Hashed in one turn of the event loop. */
const CHUNK_BYTES = 262_144;
const NAME = /^[0-9a-f]{64}$/;

/** A file that is kept until it is released, also without a row that names it. */
export interface PinnedBody {
  /** SHA-256 of the body, in hexadecimal. */
  readonly name: string;
  release(): void;
}

/**
 * Large bodies as files in a folder beside the store, named by their SHA-256: identical bodies share a file. The folder is created with
 * the first of them. Only one process may use it at a time.
 */
export class BodyFiles {
  readonly #folder: string;
  readonly #pins = new Map<string, number>();
  readonly #removals = new Map<string, Promise<void>>();
  /** Temporary files that are being written. */
  readonly #partial = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Resolves once the body is on the disk. Rejects with the system's error; then there is no new file. */
  async put(body: Uint8Array): Promise<PinnedBody> {
    await createFolder(this.#folder);
    const partial = `${randomUUID()}.partial`;
    this.#partial.add(partial);
    try {
      const name = await writeHashed(this.#pathOf(partial), body);
      const pinned = await this.#pin(name);
      try {
        await rename(this.#pathOf(partial), this.#pathOf(name));
        await syncFolder(this.#folder);
        return pinned;
      } catch (error) {
        pinned.release();
        throw error;
      }
    } catch (error) {
      await rm(this.#pathOf(partial), { force: true });
      throw error;
    } finally {
      this.#partial.delete(partial);
    }
  }

  /** undefined = the file is missing, or has another size. */
  async read(name: string, sizeBytes: number): Promise<Uint8Array | undefined> {
    try {
      const { buffer, byteOffset, byteLength } = await readFile(this.#pathOf(name));
      return byteLength === sizeBytes ? new Uint8Array(buffer, byteOffset, byteLength) : undefined;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /**
   * Removes files that are not pinned, and that no row names. `unusedOf` returns the names without rows; no file of the names is put
   * until it has, so that its answer still applies when the files are removed.
   */
  async removeUnused(
    names: readonly string[],
    unusedOf: (names: readonly string[]) => Promise<readonly string[]>,
  ): Promise<void> {
    const free = names.filter((name) => !this.#pins.has(name) && !this.#removals.has(name));
    if (free.length === 0) return;
    const removal = this.#removeAll(free, unusedOf);
    const settled = removal.then(
      () => undefined,
      () => undefined,
    );
    for (const name of free) this.#removals.set(name, settled);
    try {
      await removal;
    } finally {
      for (const name of free) this.#removals.delete(name);
    }
  }

  /** Names of all files, without temporary ones. */
  async names(): Promise<readonly string[]> {
    return (await this.#entries()).filter((entry) => NAME.test(entry));
  }

  /** Removes temporary files of a process that has ended. */
  async removePartial(): Promise<void> {
    for (const entry of await this.#entries()) {
      if (entry.endsWith('.partial') && !this.#partial.has(entry)) await rm(this.#pathOf(entry), { force: true });
    }
  }

  async #pin(name: string): Promise<PinnedBody> {
    for (let removal = this.#removals.get(name); removal !== undefined; removal = this.#removals.get(name))
      await removal;
    this.#pins.set(name, (this.#pins.get(name) ?? 0) + 1);
    return { name, release: () => this.#unpin(name) };
  }

  #unpin(name: string): void {
    const left = (this.#pins.get(name) ?? 0) - 1;
    if (left > 0) this.#pins.set(name, left);
    else this.#pins.delete(name);
  }

  async #removeAll(
    names: readonly string[],
    unusedOf: (names: readonly string[]) => Promise<readonly string[]>,
  ): Promise<void> {
    const unused = await unusedOf(names);
    for (const name of unused) await rm(this.#pathOf(name), { force: true });
    if (unused.length > 0) await syncFolder(this.#folder);
  }

  async #entries(): Promise<readonly string[]> {
    try {
      return await readdir(this.#folder);
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  #pathOf(name: string): string {
    return path.join(this.#folder, name);
  }
}

/** Writes a new file that is on the disk then, and returns the SHA-256 of the bytes. */
async function writeHashed(file: string, body: Uint8Array): Promise<string> {
  const hash = createHash('sha256');
  const handle = await open(file, 'wx', 0o600);
  try {
    await writeFile(handle, hashedChunks(body, hash));
    await handle.sync();
  } finally {
    await handle.close();
  }
  return hash.digest('hex');
}

function* hashedChunks(body: Uint8Array, hash: Hash): Generator<Uint8Array> {
  for (let at = 0; at < body.byteLength; at += CHUNK_BYTES) {
    const chunk = body.subarray(at, at + CHUNK_BYTES);
    hash.update(chunk);
    yield chunk;
  }
}
