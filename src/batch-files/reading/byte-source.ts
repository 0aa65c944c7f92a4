import { type FileHandle, open } from 'node:fs/promises';

const CHUNK_BYTES = 1 << 20;

/** Bytes of a file from an offset on, and a buffer of those that are not used yet. */
export class ByteSource {
  readonly #file: FileHandle;
  /** Offset in the file of the first byte of {@link bytes}. */
  #offset: number;
  #bytes: Buffer = Buffer.alloc(0);
  #ended = false;

  private constructor(file: FileHandle, offset: number) {
    this.#file = file;
    this.#offset = offset;
  }

  static async open(path: string, offset: number): Promise<ByteSource> {
    return new ByteSource(await open(path), offset);
  }

  get offset(): number {
    return this.#offset;
  }

  /** What is there; it stays valid until the next `use` or `more`. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /** The file has no more bytes than {@link bytes}. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Reads on; false at the end of the file. */
  async more(): Promise<boolean> {
    if (this.#ended) return false;
    const chunk = Buffer.allocUnsafeSlow(this.#bytes.length + CHUNK_BYTES);
    this.#bytes.copy(chunk);
    const at = this.#offset + this.#bytes.length;
    const { bytesRead } = await this.#file.read(chunk, this.#bytes.length, CHUNK_BYTES, at);
    this.#ended = bytesRead === 0;
    this.#bytes = chunk.subarray(0, this.#bytes.length + bytesRead);
    return !this.#ended;
  }

  /** Leaves the first `count` bytes behind. */
  use(count: number): void {
    this.#bytes = this.#bytes.subarray(count);
    this.#offset += count;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
