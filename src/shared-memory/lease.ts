import {
  type ByteBudget,
  invalidArgument,
  MillraceError,
  type Principal,
  type PrincipalShares,
  type SharedMemoryRange,
} from '../core/index.js';
import { objectSizeBytes, quote } from './object.js';
import { readFully, writeFully } from './transfer.js';

/** The principal that has registered a region. */
export type RegionOwner = Pick<Principal, 'ownerId' | 'name'>;

/** A region as a client has registered it. */
export interface SharedMemoryRegion {
  readonly name: string;
  /** POSIX name of the object, as given. */
  readonly key: string;
  /** Where in the object the region begins. */
  readonly offset: number;
  readonly sizeBytes: number;
}

/** A region and its open file, which is closed when the region is unregistered and no request uses it any more. */
export interface OpenRegion extends SharedMemoryRegion {
  readonly owner: RegionOwner;
  readonly descriptor: number;
  /** Of the file. */
  readonly objectId: string;
  users: number;
}

/** A part of a region that a request uses, and for what. */
export interface RangeUse {
  /** `input 'x'`, for messages. */
  readonly label: string;
  readonly range: SharedMemoryRange;
}

/** Data for a range. */
export interface RangeData extends RangeUse {
  readonly data: Uint8Array;
}

export interface LeaseOptions {
  /** By name, those that the request may use. */
  readonly regions: ReadonlyMap<string, OpenRegion>;
  readonly budget: ByteBudget;
  /** What each principal may hold of the budget; undefined = the caller may hold all of it. */
  readonly shares: PrincipalShares | undefined;
  /** Name of the principal. */
  readonly principal: string;
  readonly onRelease: (region: OpenRegion) => void;
}

/** What one request holds of shared memory: its regions stay open and its copies counted until it lets go. */
export class SharedMemoryLease {
  readonly #options: LeaseOptions;
  #heldBytes = 0;

  constructor(options: LeaseOptions) {
    this.#options = options;
    for (const region of options.regions.values()) region.users++;
  }

  /**
   * A copy of the range. Rejects with `invalid_argument` when the object has become shorter than the range, and with
   * `resource_exhausted` when too much is held already.
   */
  async read({ label, range }: RangeUse): Promise<Uint8Array> {
    const region = this.#region(range);
    this.#hold(range.sizeBytes);
    const data = Buffer.allocUnsafeSlow(range.sizeBytes);
    const got = await guarded(label, region, () => readFully(region.descriptor, data, region.offset + range.offset));
    if (got < range.sizeBytes) throw shrunk(label, region, range);
    return data;
  }

  /** Writes all of them, or none where one does not fit into its range or its object (`invalid_argument`). */
  async write(all: readonly RangeData[]): Promise<void> {
    for (const { label, range, data } of all) {
      if (data.length > range.sizeBytes) {
        throw invalidArgument(
          `${label} has ${data.length} bytes, but its shared memory range in region ${quote(range.region)} has ${range.sizeBytes}`,
        );
      }
      const region = this.#region(range);
      const end = region.offset + range.offset + data.length;
      // A write would make the object longer again.
      if (end > objectSizeBytes(region.descriptor)) throw shrunk(label, region, range);
    }
    for (const { label, range, data } of all) {
      const region = this.#region(range);
      await guarded(label, region, () => writeFully(region.descriptor, data, region.offset + range.offset));
    }
  }

  /** Ends it; nothing may be under way. */
  release(): void {
    const { budget, shares, principal } = this.#options;
    budget.release(this.#heldBytes);
    shares?.release(principal, this.#heldBytes);
    this.#heldBytes = 0;
    for (const region of this.#options.regions.values()) {
      region.users--;
      this.#options.onRelease(region);
    }
  }

  #region(range: SharedMemoryRange): OpenRegion {
    return this.#options.regions.get(range.region) as OpenRegion;
  }

  #hold(sizeBytes: number): void {
    const { budget, shares, principal } = this.#options;
    if (shares?.take(principal, sizeBytes) === false) {
      throw tooMuchHeld(
        `principal '${principal}' may hold ${shares.maxBytes} bytes read from shared memory, half of sharedMemory.maxBufferedBytes`,
      );
    }
    const full = budget.take(sizeBytes);
    if (full !== undefined) {
      shares?.release(principal, sizeBytes);
      throw tooMuchHeld(
        `${full.owner} already holds ${full.usedBytes} of ${full.maxBytes} bytes read from shared memory`,
      );
    }
    this.#heldBytes += sizeBytes;
  }
}

async function guarded<Result>(label: string, region: OpenRegion, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    const full = (cause as NodeJS.ErrnoException).code === 'ENOSPC';
    throw new MillraceError(
      full ? 'resource_exhausted' : 'internal',
      `${label}: shared memory region ${quote(region.name)} could not be used${full ? ': the memory is full' : ''}`,
      { cause },
    );
  }
}

function tooMuchHeld(what: string): MillraceError {
  return new MillraceError('resource_exhausted', `${what}; try again later`, { retryAfterMs: 1_000 });
}

function shrunk(label: string, region: OpenRegion, range: SharedMemoryRange): MillraceError {
  return invalidArgument(
    `${label}: shared memory object ${quote(region.key)} of region ${quote(region.name)} has become shorter and ends before ` +
      `bytes ${range.offset} to ${range.offset + range.sizeBytes} of the region`,
  );
}
