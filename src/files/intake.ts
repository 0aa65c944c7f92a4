import type { Hash } from 'node:crypto';
import type { FileContents } from '../store/index.js';
import { FileTooLarge, noRoom } from './errors.js';
import type { FileLedger } from './ledger.js';
import type { FilesOptions } from './options.js';

/** So much is written between two looks at the disk. */
const LOOK_BYTES = 16_777_216;

interface IntakeSetup {
  readonly contents: FileContents;
  readonly ledger: FileLedger;
  readonly options: Pick<FilesOptions, 'minFreeBytes'>;
}

export interface Incoming {
  readonly owner: string;
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly maxBytes: number;
  /** Setting that says `maxBytes`. */
  readonly limitName: string;
  /** Counts nothing: the bytes are counted as what they are copied from. */
  readonly isCopy?: boolean;
  readonly hash?: Hash;
}

/** Content that is on the disk, without a row that names it yet. */
export interface StoredContent {
  readonly name: string;
  readonly sizeBytes: number;
}

/** Writes contents as they arrive, within the bounds of their owners. */
export class Intake {
  readonly #setup: IntakeSetup;

  constructor(setup: IntakeSetup) {
    this.#setup = setup;
  }

  /**
   * Writes content, and calls `commit` once it is on the disk. Where something fails, `commit` included, nothing is left of it.
   */
  async take<Result>(incoming: Incoming, commit: (content: StoredContent) => Promise<Result>): Promise<Result> {
    const { contents, ledger } = this.#setup;
    const { owner, isCopy = false } = incoming;
    ledger.begin(owner);
    let name: string | undefined;
    let taken = 0;
    try {
      await this.checkDisk();
      const writer = await contents.create();
      name = writer.name;
      try {
        await this.#write(incoming, async (chunk) => {
          if (!isCopy) ledger.takeBytes(owner, chunk.byteLength);
          taken += chunk.byteLength;
          await writer.write(chunk);
        });
        await writer.sync();
      } finally {
        await writer.close();
      }
      return await commit({ name, sizeBytes: taken });
    } catch (error) {
      if (name !== undefined) await contents.discard([name]).catch(() => undefined);
      if (!isCopy) ledger.release({ owner, files: 0, bytes: taken });
      throw error;
    } finally {
      ledger.end(owner);
    }
  }

  async #write({ bytes, maxBytes, limitName, hash }: Incoming, write: (chunk: Uint8Array) => Promise<void>) {
    let sizeBytes = 0;
    let lookAt = LOOK_BYTES;
    for await (const chunk of bytes) {
      sizeBytes += chunk.byteLength;
      if (sizeBytes > maxBytes) throw new FileTooLarge(maxBytes, limitName);
      if (sizeBytes >= lookAt) {
        await this.checkDisk();
        lookAt += LOOK_BYTES;
      }
      hash?.update(chunk);
      await write(chunk);
    }
  }

  /** Throws `unavailable` where files would leave too little free on the disk. */
  async checkDisk(): Promise<void> {
    const { contents, options } = this.#setup;
    const free = await contents.freeBytes();
    if (free === undefined || free >= options.minFreeBytes) return;
    throw noRoom(
      `${free} bytes are free on the disk of the store, expected at least ${options.minFreeBytes} (files.minFreeBytes)`,
    );
  }
}
