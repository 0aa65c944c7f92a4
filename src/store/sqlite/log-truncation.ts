import { sharingNext } from '../../async/index.js';
import type { Reader } from './reader.js';

/** Empties the log beside the store's file, which has rows that are removed as they were before. */
export class LogTruncation {
  #isDue = false;
  readonly #truncate: () => Promise<void>;

  constructor(read: Reader) {
    this.#truncate = sharingNext(async () => {
      this.#isDue = false;
      let isDone = false;
      try {
        isDone = await read('truncateLog', undefined, true);
      } finally {
        this.#isDue ||= !isDone;
      }
    });
  }

  /** The log may have bytes of something that is removed. */
  due(): void {
    this.#isDue = true;
  }

  truncate(): Promise<void> {
    return this.#truncate();
  }

  /** Truncates where that is due and possible; otherwise a later call tries again. */
  async tryToTruncate(): Promise<void> {
    if (this.#isDue) await this.#truncate().catch(() => undefined);
  }
}
