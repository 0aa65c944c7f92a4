import { closeSync } from 'node:fs';
import { ByteBudget, invalidArgument, MillraceError } from '../core/index.js';
import { type OpenRegion, type RangeUse, SharedMemoryLease, type SharedMemoryRegion } from './lease.js';
import { objectSizeBytes, openObject, quote } from './object.js';
import type { SharedMemoryOptions } from './options.js';

const MAX_NAME_LENGTH = 256;
/** Where Linux shows POSIX shared memory objects as files. */
const LINUX_FOLDER = '/dev/shm';

/** The regions that clients have registered. Reads and writes them as files, so an object that shrinks is only an error. */
export class SharedMemory {
  readonly #options: SharedMemoryOptions;
  readonly #folder: string;
  readonly #budget: ByteBudget;
  readonly #regions = new Map<string, OpenRegion>();

  /** `folder` holds the objects; another one is for tests. */
  constructor(options: SharedMemoryOptions, folder = LINUX_FOLDER) {
    this.#options = options;
    this.#folder = folder;
    this.#budget = new ByteBudget('the server', options.maxBufferedBytes);
  }

  get enabled(): boolean {
    return this.#options.enabled;
  }

  /** By name. Throws `not_found` where the one that is asked for is not registered. */
  status(name: string | undefined): readonly SharedMemoryRegion[] {
    const found = name === undefined ? [...this.#regions.values()] : [this.#find(name, '')];
    return found
      .map((region) => ({ name: region.name, key: region.key, offset: region.offset, sizeBytes: region.sizeBytes }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /**
   * Opens the object of a region. Throws `unimplemented` when shared memory is off, `already_exists`, `resource_exhausted`
   * when there are too many, and `invalid_argument` for a key or a range that cannot be.
   */
  register(region: SharedMemoryRegion): void {
    this.#checkEnabled();
    const { name, key, offset, sizeBytes } = region;
    checkRegion(region);
    if (this.#regions.has(name)) {
      throw new MillraceError(
        'already_exists',
        `shared memory region ${quote(name)} is registered already; unregister it first`,
      );
    }
    const { maxRegions } = this.#options;
    if (this.#regions.size >= maxRegions) {
      throw new MillraceError(
        'resource_exhausted',
        `${maxRegions} shared memory regions are registered, which is the most; unregister some first`,
      );
    }
    const descriptor = openObject(this.#folder, key);
    const objectBytes = objectSizeBytes(descriptor);
    if (offset + sizeBytes > objectBytes) {
      closeSync(descriptor);
      throw invalidArgument(
        `shared memory region ${quote(name)}: offset ${offset} and ${sizeBytes} bytes need an object of ${offset + sizeBytes} bytes, but ${quote(key)} has ${objectBytes}`,
      );
    }
    this.#regions.set(name, { name, key, offset, sizeBytes, descriptor, users: 0 });
  }

  /** One region, or all; unknown ones are no error. Requests that use it finish. */
  unregister(name: string | undefined): void {
    const gone = name === undefined ? [...this.#regions.values()] : [this.#regions.get(name)];
    for (const region of gone) {
      if (region === undefined) continue;
      this.#regions.delete(region.name);
      this.#closeUnused(region);
    }
  }

  /** Holds the regions of a request. Throws `not_found`, or `invalid_argument` for a range beyond its region. */
  lease(uses: readonly RangeUse[]): SharedMemoryLease {
    this.#checkEnabled();
    const regions = new Map<string, OpenRegion>();
    for (const { label, range } of uses) {
      const region = this.#find(range.region, `${label}: `);
      const { offset, sizeBytes } = range;
      if (!(offset >= 0 && sizeBytes >= 0 && offset + sizeBytes <= region.sizeBytes)) {
        throw invalidArgument(
          `${label}: offset ${offset} and ${sizeBytes} bytes go beyond shared memory region ${quote(region.name)}, which has ${region.sizeBytes} bytes`,
        );
      }
      regions.set(range.region, region);
    }
    return new SharedMemoryLease({
      regions,
      budget: this.#budget,
      onRelease: (region) => this.#closeUnused(region),
    });
  }

  #closeUnused(region: OpenRegion): void {
    if (region.users === 0 && this.#regions.get(region.name) !== region) closeSync(region.descriptor);
  }

  #find(name: string, prefix: string): OpenRegion {
    const region = this.#regions.get(name);
    if (region !== undefined) return region;
    throw new MillraceError('not_found', `${prefix}no shared memory region ${quote(name)} is registered`);
  }

  #checkEnabled(): void {
    if (this.enabled) return;
    throw new MillraceError(
      'unimplemented',
      'shared memory is off; send tensors in the request, or start the server with --allow-client-shm (sharedMemory.enabled)',
    );
  }
}

function checkRegion({ name, offset, sizeBytes }: SharedMemoryRegion): void {
  if (name === '' || name.length > MAX_NAME_LENGTH) {
    throw invalidArgument(
      `shared memory region: expected a name of 1 to ${MAX_NAME_LENGTH} characters, got ${name.length}`,
    );
  }
  checkCount(name, { what: 'an offset', value: offset, minimum: 0 });
  checkCount(name, { what: 'a byte size', value: sizeBytes, minimum: 1 });
}

function checkCount(name: string, { what, value, minimum }: { what: string; value: number; minimum: number }): void {
  if (Number.isSafeInteger(value) && value >= minimum) return;
  throw invalidArgument(`shared memory region ${quote(name)}: expected ${what} of at least ${minimum}, got ${value}`);
}
