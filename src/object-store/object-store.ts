import type { ObjectLocation } from './location.js';
import { type RequestsSetup, StoreRequests } from './requests.js';
import { type GetOptions, getObject, headObject, type ObjectInfo, type ObjectReading } from './transfers/download.js';
import { type ListedPage, type ListOptions, listObjects } from './transfers/listing.js';
import { type PutOptions, putObject, type UploadOptions, uploadObject } from './transfers/upload.js';

interface Aborting {
  readonly signal?: AbortSignal | undefined;
}

/**
 * A store of objects that speaks S3. All reject with MillraceError: `not_found` (no such object or bucket), `permission_denied` (this server's
 * credentials may not), `failed_precondition` (another refusal, or no credentials), `unavailable` (no attempt succeeded); with the signal's reason once that
 * is aborted. No message has a credential.
 */
export interface ObjectStore {
  get(location: ObjectLocation, options?: GetOptions): Promise<ObjectReading>;
  head(location: ObjectLocation, options?: Aborting): Promise<ObjectInfo>;
  /** Replaces the object at once: readers see the old one or the new one. */
  put(location: ObjectLocation, body: Uint8Array, options?: PutOptions): Promise<void>;
  /** As {@link put}, of bytes whose number is not known. */
  upload(
    location: ObjectLocation,
    source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    options?: UploadOptions,
  ): Promise<void>;
  /** Pages of the objects whose keys begin with that of the location. */
  list(prefix: ObjectLocation, options?: ListOptions): AsyncGenerator<ListedPage, void>;
  /** Resolves where there is none, too. */
  delete(location: ObjectLocation, options?: Aborting): Promise<void>;
  close(): void;
}

/** Opens no connection before it is used. */
export function openObjectStore(setup: RequestsSetup): ObjectStore {
  const requests = new StoreRequests(setup);
  return {
    get: (location, options) => getObject(requests, location, options),
    head: (location, { signal } = {}) => headObject(requests, location, signal),
    put: (location, body, options) => putObject(requests, location, { ...options, body }),
    upload: (location, source, options) => uploadObject(requests, location, { ...options, source }),
    list: (prefix, options) => listObjects(requests, prefix, options),
    async delete(location, { signal } = {}) {
      await requests.ask({ ...location, method: 'DELETE', expected: [200, 204, 404], signal });
    },
    close: () => requests.close(),
  };
}
