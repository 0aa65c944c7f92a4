import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';

/** What a segment asks of the system; tests put a disk that is full in its place. */
export interface Disk {
  write(fd: number, bytes: Uint8Array, offset: number): number;
  sync(fd: number): void;
}

export const SYSTEM_DISK: Disk = {
  write: (fd, bytes, offset) => writeSync(fd, bytes, offset),
  sync: fdatasyncSync,
};

/** One file of a chain, to which lines are added: all of a group, or none of it. */
export class SegmentFile {
  readonly file: string;
  readonly #disk: Disk;
  readonly #fd: number;
  readonly #identity: string;
  #sizeBytes = 0;
  /** Something may stand behind `sizeBytes` that was not written in full. */
  #isRagged = false;
  #isSynced = true;

  /** Makes the file, for its owner alone. Throws where there is one. */
  constructor(file: string, disk: Disk) {
    this.file = file;
    this.#disk = disk;
    this.#fd = openSync(file, 'ax', 0o600);
    this.#identity = identityOf(fstatSync(this.#fd));
    syncFolder(path.dirname(file));
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Somebody has removed the file, or put another one in its place. */
  get isGone(): boolean {
    const stats = statSync(this.file, { throwIfNoEntry: false });
    return stats === undefined || identityOf(stats) !== this.#identity;
  }

  /** Adds lines; where it `isDurable`, it is on the disk when this returns. Throws where it is not written: then nothing is. */
  append(bytes: Uint8Array, isDurable: boolean): void {
    this.#trim();
    this.#isRagged = true;
    try {
      for (let offset = 0; offset < bytes.length; ) offset += this.#disk.write(this.#fd, bytes, offset);
      this.#isSynced = false;
      if (isDurable) this.sync();
    } catch (error) {
      this.#giveBack();
      throw error;
    }
    this.#sizeBytes += bytes.length;
    this.#isRagged = false;
  }

  /** All that was added is on the disk when this returns. */
  sync(): void {
    if (this.#isSynced) return;
    this.#disk.sync(this.#fd);
    this.#isSynced = true;
  }

  close(): void {
    try {
      this.#trim();
      this.sync();
    } finally {
      closeSync(this.#fd);
    }
  }

  /** What was written of a group that has no room would keep others from writing. */
  #giveBack(): void {
    try {
      this.#trim();
    } catch {
      // It is tried again before anything is added.
    }
  }

  #trim(): void {
    if (!this.#isRagged) return;
    ftruncateSync(this.#fd, this.#sizeBytes);
    this.#isRagged = false;
  }
}

function identityOf({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}

/** So that the file is in its folder after a loss of power. Systems that cannot sync folders need no such thing. */
function syncFolder(folder: string): void {
  let fd: number | undefined;
  try {
    fd = openSync(folder, 'r');
    fsyncSync(fd);
  } catch {
    // Windows.
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
