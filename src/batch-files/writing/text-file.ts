import { type FileHandle, open } from 'node:fs/promises';
import { renameDurably } from './durable.js';

const BUFFER_BYTES = 256 << 10;

/** A file that grows at its end, from a length on that is known to be right. */
export class TextFile {
  readonly #path: string;
  readonly #file: FileHandle;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #written: number;

  private constructor(path: string, file: FileHandle, bytes: number) {
    this.#path = path;
    this.#file = file;
    this.#written = bytes;
  }

  /** Cuts off what is behind the first `bytes`. */
  static async open(path: string, bytes: number): Promise<TextFile> {
    const file = await open(path, bytes === 0 ? 'w' : 'r+');
    await file.truncate(bytes);
    return new TextFile(path, file, bytes);
  }

  /** Bytes so far. */
  get length(): number {
    return this.#written + this.#pendingBytes;
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes >= BUFFER_BYTES) await this.#flush();
  }

  async #flush(): Promise<void> {
    const all = this.#pending.length === 1 ? (this.#pending[0] as Uint8Array) : Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    for (let at = 0; at < all.length; ) {
      const { bytesWritten } = await this.#file.write(all, at, all.length - at, this.#written);
      at += bytesWritten;
      this.#written += bytesWritten;
    }
  }

  /** Resolves with the length once everything is on the disk. */
  async commit(): Promise<number> {
    await this.#flush();
    await this.#file.datasync();
    return this.#written;
  }

  async finish(target: string): Promise<void> {
    await this.commit();
    await renameDurably(this.#path, target);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
