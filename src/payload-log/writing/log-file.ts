import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { nameOfLogFile } from '../log-files.js';
import type { PayloadThreadSetup } from './messages.js';

const HOUR_MS = 3_600_000;

/** The file to which records are added; full or old ones are followed by another one. */
export class LogFile {
  readonly #setup: Pick<PayloadThreadSetup, 'folder' | 'fileSizeBytes' | 'fileHours'>;
  #current: { readonly fd: number; readonly openedMs: number; sizeBytes: number } | undefined;
  #last = 0;

  constructor(setup: Pick<PayloadThreadSetup, 'folder' | 'fileSizeBytes' | 'fileHours'>) {
    this.#setup = setup;
  }

  /** Adds lines, and says whether a file was begun for them. Throws where they are not written in full. */
  append(lines: string, nowMs: number): boolean {
    const hasRotated = this.#rotate(nowMs);
    const current = this.#current;
    if (current === undefined) return hasRotated;
    const bytes = Buffer.from(lines);
    try {
      for (let offset = 0; offset < bytes.length; ) {
        const count = writeSync(current.fd, bytes, offset);
        offset += count;
        current.sizeBytes += count;
      }
    } catch (error) {
      // The next file begins with a whole line.
      this.close();
      throw error;
    }
    return hasRotated;
  }

  close(): void {
    if (this.#current !== undefined) closeSync(this.#current.fd);
    this.#current = undefined;
  }

  #rotate(nowMs: number): boolean {
    const { folder, fileSizeBytes, fileHours } = this.#setup;
    const current = this.#current;
    if (
      current !== undefined &&
      current.sizeBytes < fileSizeBytes &&
      nowMs - current.openedMs < fileHours * HOUR_MS &&
      nowMs >= current.openedMs
    ) {
      return false;
    }
    this.close();
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // Names are in the order of their beginning, also within a millisecond.
    this.#last = Math.max(nowMs, this.#last + 1);
    const fd = openSync(path.join(folder, nameOfLogFile(this.#last)), 'ax', 0o600);
    this.#current = { fd, openedMs: nowMs, sizeBytes: 0 };
    return true;
  }
}
