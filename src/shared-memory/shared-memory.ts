import { closeSync } from 'node:fs';
import { ANONYMOUS_OWNER, ByteBudget, invalidArgument, MillraceError, PrincipalShares } from '../core/index.js';
import {
  type OpenRegion,
  type RangeUse,
  type RegionOwner,
  SharedMemoryLease,
  type SharedMemoryRegion,
} from './lease.js';
import { objectIdOf, objectSizeBytes, openObject, quote } from './object.js';
import type { SharedMemoryOptions } from './options.js';

const MAX_NAME_LENGTH = 256;
/** Where Linux shows POSIX shared memory objects as files. */
const LINUX_FOLDER = '/dev/shm';

/** A caller that lists or unregisters regions. */
export interface RegionCaller extends RegionOwner {
  /** Whether that includes the regions of other owners, by `<principal>/<name>`. */
  readonly managesAll: boolean;
}

/**
 * The regions that clients have registered: each owner names its own only. Reads and writes them as files, so an object that shrinks is
 * only an error.
 */
export class SharedMemory {
  readonly #options: SharedMemoryOptions;
  readonly #folder: string;
  readonly #budget: ByteBudget;
  readonly #shares: PrincipalShares;
  /** By owner and name. */
  readonly #regions = new Map<string, OpenRegion>();

  /** `folder` holds the objects; another one is for tests. */
  constructor(options: SharedMemoryOptions, folder = LINUX_FOLDER) {
    this.#options = options;
    this.#folder = folder;
    this.#budget = new ByteBudget('the server', options.maxBufferedBytes);
    this.#shares = new PrincipalShares(options.maxBufferedBytes);
  }

  get enabled(): boolean {
    return this.#options.enabled;
  }

  /** By name. Throws `not_found` where the one that is asked for is not registered. */
  status(caller: RegionCaller, name: string | undefined): readonly SharedMemoryRegion[] {
    const found = this.#listed(caller, name);
    if (found.length === 0 && name !== undefined) throw unknownRegion(name, '');
    return found
      .map(({ shownName, region: { key, offset, sizeBytes } }) => ({ name: shownName, key, offset, sizeBytes }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /**
   * Opens the object of a region. Throws `unimplemented` when shared memory is off, `already_exists`, `resource_exhausted`
   * when there are too many, `invalid_argument` for a key or a range that cannot be, and `permission_denied` for an object that the server
   * cannot open or that is another owner's.
   */
  register(owner: RegionOwner, region: SharedMemoryRegion): void {
    this.#checkEnabled();
    const { name, key, offset, sizeBytes } = region;
    checkRegion(region);
    const id = regionId(owner.ownerId, name);
    if (this.#regions.has(id)) {
      throw new MillraceError(
        'already_exists',
        `shared memory region ${quote(name)} is registered already; unregister it first`,
      );
    }
    this.#checkRoom(owner);
    const descriptor = openObject(this.#folder, key);
    try {
      const objectId = objectIdOf(descriptor);
      this.#checkObject(owner, key, objectId);
      checkFits(region, objectSizeBytes(descriptor));
      const { ownerId, name: principal } = owner;
      this.#regions.set(id, {
        name,
        key,
        offset,
        sizeBytes,
        owner: { ownerId, name: principal },
        descriptor,
        objectId,
        users: 0,
      });
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }

  /** One region, or all of the caller's; unknown ones are no error. Requests that use it finish. */
  unregister(caller: RegionCaller, name: string | undefined): void {
    for (const { region } of this.#listed(caller, name)) this.#forget(region);
  }

  /** Holds the regions of a request. Throws `not_found`, or `invalid_argument` for a range beyond its region. */
  lease({ ownerId, name: principal }: RegionOwner, uses: readonly RangeUse[]): SharedMemoryLease {
    this.#checkEnabled();
    const regions = new Map<string, OpenRegion>();
    for (const { label, range } of uses) {
      const region = this.#regions.get(regionId(ownerId, range.region));
      if (region === undefined) throw unknownRegion(range.region, `${label}: `);
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
      // Callers without a credential are one owner, who may be the only one.
      shares: ownerId === ANONYMOUS_OWNER ? undefined : this.#shares,
      principal,
      onRelease: (region) => this.#closeUnused(region),
    });
  }

  /** Unregisters the regions of all owners. */
  close(): void {
    for (const region of this.#regions.values()) this.#forget(region);
  }

  /** The regions that the caller may list, as it names them. */
  #listed({ ownerId, managesAll }: RegionCaller, name: string | undefined) {
    const found: { readonly shownName: string; readonly region: OpenRegion }[] = [];
    for (const region of this.#regions.values()) {
      const isOwn = region.owner.ownerId === ownerId;
      if (!isOwn && !managesAll) continue;
      const shownName = isOwn ? region.name : `${region.owner.name}/${region.name}`;
      if (name === undefined || name === shownName) found.push({ shownName, region });
    }
    return found;
  }

  #forget(region: OpenRegion): void {
    this.#regions.delete(regionId(region.owner.ownerId, region.name));
    this.#closeUnused(region);
  }

  #closeUnused(region: OpenRegion): void {
    const isRegistered = this.#regions.get(regionId(region.owner.ownerId, region.name)) === region;
    if (region.users === 0 && !isRegistered) closeSync(region.descriptor);
  }

  #checkRoom({ ownerId, name: principal }: RegionOwner): void {
    const { maxRegions } = this.#options;
    if (this.#regions.size >= maxRegions) {
      throw new MillraceError(
        'resource_exhausted',
        `${maxRegions} shared memory regions are registered, which is the most; unregister some first`,
      );
    }
    const share = ownerId === ANONYMOUS_OWNER ? maxRegions : Math.ceil(maxRegions / 2);
    let count = 0;
    for (const { owner } of this.#regions.values()) if (owner.ownerId === ownerId) count++;
    if (count < share) return;
    throw new MillraceError(
      'resource_exhausted',
      `principal '${principal}' has registered ${count} shared memory regions, the most for one principal (half of sharedMemory.maxRegions); unregister some first`,
    );
  }

  /** An object has one owner, whatever names or links lead to it. */
  #checkObject({ ownerId }: RegionOwner, key: string, objectId: string): void {
    for (const region of this.#regions.values()) {
      if (region.objectId !== objectId || region.owner.ownerId === ownerId) continue;
      throw new MillraceError(
        'permission_denied',
        `shared memory object ${quote(key)} is registered by another caller; use an object of your own`,
      );
    }
  }

  #checkEnabled(): void {
    if (this.enabled) return;
    throw new MillraceError(
      'unimplemented',
      'shared memory is off; send tensors in the request, or start the server with --allow-client-shm (sharedMemory.enabled)',
    );
  }
}

/** Unique: the length says where the owner ends. */
function regionId(ownerId: string, name: string): string {
  return `${ownerId.length}:${ownerId}${name}`;
}

function unknownRegion(name: string, prefix: string): MillraceError {
  return new MillraceError('not_found', `${prefix}no shared memory region ${quote(name)} is registered`);
}

function checkFits({ name, key, offset, sizeBytes }: SharedMemoryRegion, objectBytes: number): void {
  if (offset + sizeBytes <= objectBytes) return;
  throw invalidArgument(
    `shared memory region ${quote(name)}: offset ${offset} and ${sizeBytes} bytes need an object of ${offset + sizeBytes} bytes, but ${quote(key)} has ${objectBytes}`,
  );
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
