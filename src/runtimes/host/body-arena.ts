import { randomUUID } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { type BodyMemory, type Clock, systemClock, type Timer } from '../../core/index.js';
import { type Extent, firstGap } from './first-gap.js';
import { loadMapFile } from './map-file.js';

/** Where a POSIX system with shared memory has it, as files. */
const FOLDER = '/dev/shm';
/** A smaller body is copied faster than it is kept track of. */
const LEAST_BYTES = 131_072;
const MOST_BYTES = 67_108_864;
/** All bodies that lie in it at a time. */
export const ARENA_BYTES = 268_435_456;
/** So much more of the file gets memory at once; the rest comes in the turns that follow, for the bodies that come then. */
const GROWTH_BYTES = 8_388_608;
/** So much of the file keeps its memory; the rest is given back when nothing has lain there for a while. */
const KEPT_BYTES = 33_554_432;
const KEPT_MS = 30_000;
/** Bodies and their data begin at multiples of this: cache lines, and more than any datatype needs. */
const ALIGNMENT = 64;
const ZEROS = new Uint8Array(1_048_576);

interface Claim extends Extent {
  holders: number;
}

/**
 * Shared memory of a server for the bodies of its requests, which its runners map to read and not to write. What a socket has brought is
 * copied here once, and never again. The file has no name, only descriptors: the system takes it back when all processes have ended that
 * have it open or mapped. It is mapped, by a native library, when the first body comes that is of a size for it.
 */
export class BodyArena implements BodyMemory {
  /** For runners to inherit; only good for reading. */
  readonly fd: number;
  readonly #writeFd: number;
  /** In the order of where they lie. */
  readonly #claims: Claim[] = [];
  #memory: Uint8Array | undefined;
  #mapping: Promise<void> | undefined;
  /** So much of the file has memory; what lies beyond must not be touched. */
  #backedBytes = 0;
  #wantedBytes = 0;
  #growing: Promise<void> | undefined;
  #shrinking: Timer | undefined;
  readonly #clock: Clock;
  #closed = false;

  constructor(descriptors: { readonly read: number; readonly write: number }, clock: Clock) {
    this.fd = descriptors.read;
    this.#writeFd = descriptors.write;
    this.#clock = clock;
  }

  /** Undefined where there is no shared memory. */
  static open(folder = FOLDER, clock: Clock = systemClock): BodyArena | undefined {
    const file = `${folder}/millrace-${randomUUID()}`;
    try {
      const write = openSync(file, 'wx+', 0o600);
      try {
        return new BodyArena({ read: openSync(file, 'r'), write }, clock);
      } catch {
        closeSync(write);
        return undefined;
      } finally {
        unlinkSync(file);
      }
    } catch {
      return undefined;
    }
  }

  /** In use, with what alignment takes. */
  get claimedBytes(): number {
    return this.#claims.reduce((sum, { start, end }) => sum + end - start, 0);
  }

  /** Resolves when bodies can be claimed, or never will. {@link claim} begins it by itself. */
  map(): Promise<void> {
    this.#mapping ??= loadMapFile().then((mapFile) => {
      if (!this.#closed) this.#memory = mapFile?.(this.#writeFd, ARENA_BYTES, { writable: true });
    });
    return this.#mapping;
  }

  claim(sizeBytes: number, dataAt: number): Uint8Array | undefined {
    if (sizeBytes < LEAST_BYTES || sizeBytes > MOST_BYTES) return undefined;
    if (this.#memory === undefined) {
      if (!this.#closed) void this.map();
      return undefined;
    }
    const padding = roundUp(dataAt) - dataAt;
    const takenBytes = roundUp(padding + sizeBytes);
    const { index, start } = firstGap(this.#claims, takenBytes);
    const end = start + takenBytes;
    if (end > ARENA_BYTES) return undefined;
    if (end - this.#backedBytes > GROWTH_BYTES) {
      this.#growLater(end);
      return undefined;
    }
    if (!this.#back(end)) return undefined;
    this.#shrinkLater();
    this.#claims.splice(index, 0, { start, end, holders: 1 });
    return this.#memory.subarray(start + padding, start + padding + sizeBytes);
  }

  hold(data: Uint8Array): boolean {
    if (this.locate(data) === undefined) return true;
    const claim = this.#claims[this.#indexOf(data)];
    if (claim === undefined) return false;
    claim.holders++;
    return true;
  }

  release(data: Uint8Array): void {
    if (this.locate(data) === undefined) return;
    const index = this.#indexOf(data);
    const claim = this.#claims[index];
    if (claim === undefined) return;
    claim.holders--;
    if (claim.holders === 0) this.#claims.splice(index, 1);
  }

  /** Where in the file it lies; undefined = elsewhere. */
  locate(data: Uint8Array): number | undefined {
    if (this.#memory === undefined) return undefined;
    return data.buffer === this.#memory.buffer && data.byteLength > 0 ? data.byteOffset : undefined;
  }

  /** Resolves when the file has the memory that bodies could not have at once. */
  async grown(): Promise<void> {
    await this.#growing;
  }

  /** For those that still lie in it, the memory stays. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#shrinking?.clear();
    this.#memory = undefined;
    closeSync(this.fd);
    closeSync(this.#writeFd);
  }

  #indexOf({ byteOffset, byteLength }: Uint8Array): number {
    return this.#claims.findIndex(({ start, end }) => start <= byteOffset && byteOffset + byteLength <= end);
  }

  #growLater(end: number): void {
    this.#wantedBytes = Math.max(this.#wantedBytes, end);
    this.#growing ??= this.#grow().finally(() => {
      this.#growing = undefined;
    });
  }

  async #grow(): Promise<void> {
    while (!this.#closed && this.#backedBytes < this.#wantedBytes) {
      if (!this.#back(Math.min(this.#wantedBytes, this.#backedBytes + ZEROS.byteLength))) break;
      await new Promise<void>((resolve) => this.#clock.defer(resolve));
    }
    this.#wantedBytes = 0;
    this.#shrinkLater();
  }

  #shrinkLater(): void {
    if (this.#backedBytes <= KEPT_BYTES || this.#closed) return;
    this.#shrinking ??= this.#clock.setTimer(KEPT_MS, () => {
      this.#shrinking = undefined;
      this.#shrink();
    });
  }

  /** A process that touched the memory that is cut off would be ended; only claimed memory is read or written. */
  #shrink(): void {
    const usedBytes = Math.max(KEPT_BYTES, this.#claims.at(-1)?.end ?? 0);
    if (this.#growing === undefined && usedBytes < this.#backedBytes) {
      ftruncateSync(this.#writeFd, usedBytes);
      this.#backedBytes = usedBytes;
    }
    this.#shrinkLater();
  }

  /** Writes what is to be mapped at first: where no memory is left, that fails, and touching it would end the process. */
  #back(end: number): boolean {
    try {
      while (this.#backedBytes < end) {
        const missing = ZEROS.subarray(0, end - this.#backedBytes);
        this.#backedBytes += writeSync(this.#writeFd, missing, 0, missing.byteLength, this.#backedBytes);
      }
      return true;
    } catch {
      return false;
    }
  }
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
