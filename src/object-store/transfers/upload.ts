import { MillraceError } from '../../core/index.js';
import { ObjectStoreError } from '../errors.js';
import { formatObjectUrl, type ObjectLocation } from '../location.js';
import type { StoreRequest, StoreRequests } from '../requests.js';
import { escapeXml, readXml } from '../xml.js';
import { headObject } from './download.js';

export interface PutOptions {
  /** Default: `application/octet-stream`. */
  readonly contentType?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface UploadOptions extends PutOptions {
  /** Of a part: so much is in memory twice, at most. At least 5 MiB, as S3 requires. Default: 8 MiB. */
  readonly partBytes?: number;
  /**
   * Nothing else writes this key: parts that an earlier process has left of it are removed first, as far as the store lets this server list uploads.
   * Default: false.
   */
  readonly isOnlyWriter?: boolean;
}

const PART_BYTES = 8_388_608;
const MIN_PART_BYTES = 5_242_880;
const MAX_PARTS = 10_000;
/** The removal of the parts of an upload that failed may take so long. */
const ABORT_TIMEOUT_MS = 10_000;

/** Stores an object of bytes that are there. The store compares them with their SHA-256, and keeps it. */
export async function putObject(
  requests: StoreRequests,
  location: ObjectLocation,
  { body, contentType = 'application/octet-stream', signal }: PutOptions & { readonly body: Uint8Array },
): Promise<void> {
  const headers = { 'content-type': contentType };
  await requests.ask({ ...location, method: 'PUT', headers, body, keepsChecksum: true, expected: [200], signal });
}

/**
 * Stores an object of bytes as they come, however many: in parts, where they exceed one. Rejects as the source does, and as the store; then there is no
 * object, or the one of before.
 */
export async function uploadObject(
  requests: StoreRequests,
  location: ObjectLocation,
  { source, ...options }: UploadOptions & { readonly source: AsyncIterable<Uint8Array> | Iterable<Uint8Array> },
): Promise<void> {
  const partBytes = Math.max(MIN_PART_BYTES, options.partBytes ?? PART_BYTES);
  const parts = inParts(source, partBytes);
  const first = await parts.next();
  const body = first.done === true ? new Uint8Array() : first.value;
  if (body.byteLength < partBytes) {
    await putObject(requests, location, { ...options, body });
    return;
  }
  if (options.isOnlyWriter) await removeUploads(requests, location, options.signal);
  const upload = await MultipartUpload.begin(requests, location, options);
  try {
    await upload.add(body);
    for await (const part of parts) await upload.add(part);
    await upload.complete();
  } catch (error) {
    await upload.abort();
    throw error;
  }
}

/** Removes the parts of uploads of the key that have not ended. A rule of the bucket has to remove them where the store does not let this server. */
async function removeUploads(
  requests: StoreRequests,
  { bucket, key }: ObjectLocation,
  signal: AbortSignal | undefined,
): Promise<void> {
  const query = { uploads: '', prefix: key };
  try {
    const { text } = await requests.ask({ method: 'GET', bucket, key: '', query, expected: [200], signal });
    for (const entry of (await readXml(text))?.children('Upload') ?? []) {
      const uploadId = entry.text('UploadId');
      if (entry.text('Key') !== key || uploadId === undefined) continue;
      await requests.ask({ method: 'DELETE', bucket, key, query: { uploadId }, expected: [200, 204, 404], signal });
    }
  } catch {
    signal?.throwIfAborted();
  }
}

/** An upload in parts, one after the other. */
class MultipartUpload {
  readonly #requests: StoreRequests;
  readonly #location: ObjectLocation;
  readonly #id: string;
  readonly #signal: AbortSignal | undefined;
  readonly #etags: string[] = [];
  #sizeBytes = 0;

  private constructor(
    requests: StoreRequests,
    location: ObjectLocation,
    { id, signal }: { readonly id: string; readonly signal: AbortSignal | undefined },
  ) {
    this.#requests = requests;
    this.#location = location;
    this.#id = id;
    this.#signal = signal;
  }

  static async begin(
    requests: StoreRequests,
    location: ObjectLocation,
    { contentType = 'application/octet-stream', signal }: PutOptions,
  ): Promise<MultipartUpload> {
    const { text } = await requests.ask({
      ...location,
      method: 'POST',
      query: { uploads: '' },
      headers: { 'content-type': contentType },
      expected: [200],
      signal,
    });
    const id = (await readXml(text))?.text('UploadId');
    if (!id) throw unreadable(location, 'the begin of an upload');
    return new MultipartUpload(requests, location, { id, signal });
  }

  async add(body: Uint8Array): Promise<void> {
    const number = this.#etags.length + 1;
    if (number > MAX_PARTS) {
      const message = `${formatObjectUrl(this.#location)}: an upload has at most ${MAX_PARTS} parts of ${body.byteLength} bytes`;
      throw new MillraceError('failed_precondition', message);
    }
    const query = { partNumber: String(number), uploadId: this.#id };
    const { headers } = await this.#requests.ask({ ...this.#own, method: 'PUT', query, body, expected: [200] });
    if (headers.etag === undefined) throw unreadable(this.#location, 'a part');
    this.#etags.push(headers.etag);
    this.#sizeBytes += body.byteLength;
  }

  async complete(): Promise<void> {
    const parts = this.#etags.map(
      (etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`,
    );
    const body = Buffer.from(
      `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts.join('')}</CompleteMultipartUpload>`,
    );
    const request = { ...this.#own, method: 'POST', query: { uploadId: this.#id }, body, expected: [200] } as const;
    const headers = { 'content-type': 'application/xml' };
    try {
      const answer = await this.#requests.ask({ ...request, headers });
      // Its status is sent before the store has joined the parts.
      const root = await readXml(answer.text);
      if (root?.name === 'Error') throw await this.#requests.refused(request, answer);
      if (root === undefined) throw unreadable(this.#location, 'the end of an upload');
    } catch (error) {
      if (!(await this.#isThere(error))) throw error;
    }
  }

  /** Removes the parts, as far as the store answers; a rule of the bucket has to remove them else. */
  async abort(): Promise<void> {
    const signal = AbortSignal.timeout(ABORT_TIMEOUT_MS);
    const query = { uploadId: this.#id };
    await this.#requests
      .ask({ ...this.#own, method: 'DELETE', query, expected: [200, 204, 404], signal })
      .catch(() => undefined);
  }

  /** An attempt whose answer was lost may have ended the upload: the next one is told that there is none. */
  async #isThere(error: unknown): Promise<boolean> {
    if (!(error instanceof ObjectStoreError) || error.storeCode !== 'NoSuchUpload') return false;
    const info = await headObject(this.#requests, this.#location, this.#signal).catch(() => undefined);
    // Of several parts, and of as many as these.
    return info?.sizeBytes === this.#sizeBytes && info.etag?.endsWith(`-${this.#etags.length}"`) === true;
  }

  get #own(): Pick<StoreRequest, 'bucket' | 'key' | 'signal'> {
    return { ...this.#location, signal: this.#signal };
  }
}

/** Bytes in parts of the same size; the last one may have less. */
async function* inParts(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  partBytes: number,
): AsyncGenerator<Uint8Array, void> {
  let part = Buffer.allocUnsafe(0);
  let filled = 0;
  for await (const chunk of source) {
    for (let at = 0; at < chunk.byteLength; ) {
      if (part.byteLength === 0) part = Buffer.allocUnsafe(partBytes);
      const piece = chunk.subarray(at, at + partBytes - filled);
      part.set(piece, filled);
      filled += piece.byteLength;
      at += piece.byteLength;
      if (filled < partBytes) continue;
      yield part;
      part = Buffer.allocUnsafe(0);
      filled = 0;
    }
  }
  if (filled > 0) yield part.subarray(0, filled);
}

function unreadable(location: ObjectLocation, of: string): MillraceError {
  return new MillraceError('internal', `${formatObjectUrl(location)}: the store's answer to ${of} cannot be read`);
}
