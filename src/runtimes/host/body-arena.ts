import { randomUUID } from 'node:crypto';
import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs';
import type { BodyMemory } from '../../core/index.js';
import { type Extent, firstGap } from './first-gap.js';
import { loadMapFile } from './map-file.js';

/** Where a POSIX system with shared memory has it, as files. */
const FOLDER = '/dev/shm';
/** A smaller body is copied faster than it is kept track of. */
const LEAST_BYTES = 131_072;
const MOST_BYTES = 8_388_608;
/** All bodies that lie in it at a time. */
export const ARENA_BYTES = 67_108_864;
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
  #closed = false;

  constructor(descriptors: { readonly read: number; readonly write: number }) {
    this.fd = descriptors.read;
    this.#writeFd = descriptors.write;
  }

  /** Undefined where there is no shared memory. */
  static open(folder = FOLDER): BodyArena | undefined {
    const file = `${folder}/millrace-${randomUUID()}`;
    try {
      const write = openSync(file, 'wx+', 0o600);
      try {
        return new BodyArena({ read: openSync(file, 'r'), write });
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
    if (end > ARENA_BYTES || !this.#back(end)) return undefined;
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

  /** For those that still lie in it, the memory stays. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#memory = undefined;
    closeSync(this.fd);
    closeSync(this.#writeFd);
  }

  #indexOf({ byteOffset, byteLength }: Uint8Array): number {
    return this.#claims.findIndex(({ start, end }) => start <= byteOffset && byteOffset + byteLength <= end);
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
