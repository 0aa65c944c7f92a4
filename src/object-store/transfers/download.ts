import type { IncomingMessage } from 'node:http';
import { MillraceError } from '../../core/index.js';
import { type ChecksumCheck, checksumOf } from '../checksum.js';
import { ConnectionError, type HttpAnswer, type ObjectHeaders } from '../http/exchange.js';
import { formatObjectUrl, type ObjectLocation } from '../location.js';
import type { StoreRequests } from '../requests.js';

/** What the store says of an object. */
export interface ObjectInfo {
  /** Of the whole object. */
  readonly sizeBytes: number;
  /** With its quotes; undefined = the store gives none. */
  readonly etag: string | undefined;
  readonly contentType: string | undefined;
  /** Milliseconds since the Unix epoch. */
  readonly modifiedAtMs: number | undefined;
}

/** An object, or a range of it, that is being read. */
export interface ObjectReading {
  readonly info: ObjectInfo;
  /** Bytes that {@link body} gives. */
  readonly lengthBytes: number;
  /**
   * To be read once; what is not read to its end is broken off. It goes on with the rest where the connection breaks. Fails with
   * `failed_precondition` where the object has changed since it was opened, `internal` where it does not match the checksum that the store has, and
   * `unavailable` where the connection breaks again and again.
   */
  readonly body: AsyncGenerator<Uint8Array, void>;
  /** For a body that is not read. */
  close(): void;
}

export interface GetOptions {
  /** First byte. Default: 0. */
  readonly start?: number | undefined;
  /** Byte behind the last one. Default: to the end. */
  readonly end?: number | undefined;
  /** Only the object with this ETag: `failed_precondition` where it is another one by now. Default: whichever is there. */
  readonly etag?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The count of broken connections starts again with so many bytes. */
const PROGRESS_BYTES = 8_388_608;

/** Opens an object. */
export async function getObject(
  requests: StoreRequests,
  location: ObjectLocation,
  options: GetOptions = {},
): Promise<ObjectReading> {
  const { start = 0, end, etag, signal } = options;
  const isWhole = start === 0 && end === undefined;
  const range = isWhole ? undefined : rangeOf(start, end);
  const answer = await request(requests, location, { range, signal, etag });
  if (!isWhole && answer.status !== 206) {
    answer.body.destroy();
    throw new MillraceError('failed_precondition', `${formatObjectUrl(location)}: the store does not know ranges`);
  }
  const lengthBytes = lengthOf(answer.headers, location);
  return {
    info: infoOf(answer.headers, lengthBytes),
    lengthBytes,
    body: resumingBody({ requests, location, signal, answer, start, lengthBytes, isWhole }),
    close: () => void answer.body.destroy(),
  };
}

export async function headObject(
  requests: StoreRequests,
  location: ObjectLocation,
  signal: AbortSignal | undefined,
): Promise<ObjectInfo> {
  const { headers } = await requests.ask({ ...location, method: 'HEAD', expected: [200], signal });
  return infoOf(headers, lengthOf(headers, location));
}

interface Reading {
  readonly requests: StoreRequests;
  readonly location: ObjectLocation;
  readonly signal: AbortSignal | undefined;
  readonly answer: HttpAnswer;
  readonly start: number;
  readonly lengthBytes: number;
  readonly isWhole: boolean;
}

async function* resumingBody(reading: Reading): AsyncGenerator<Uint8Array, void> {
  const { requests, location, signal, start, lengthBytes, isWhole } = reading;
  const { etag } = reading.answer.headers;
  const checksum = isWhole ? checksumOf(reading.answer.headers) : undefined;
  let { body } = reading.answer;
  let taken = 0;
  let breaks = 0;
  let takenAtBreak = 0;
  for (;;) {
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        taken += chunk.byteLength;
        checksum?.update(chunk);
        yield chunk;
      }
      if (taken === lengthBytes) {
        check(checksum, location);
        return;
      }
      throw new Error(`the answer ended after ${taken} of ${lengthBytes} bytes`);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof MillraceError) throw error;
      breaks = taken - takenAtBreak >= PROGRESS_BYTES ? 1 : breaks + 1;
      takenAtBreak = taken;
      // Without an ETag the rest could be another object's.
      if (breaks >= requests.maxAttempts || etag === undefined)
        throw new ConnectionError(formatObjectUrl(location), error);
      await requests.backOff(breaks, { atLeastMs: 0, signal });
      body = await resume(reading, { from: start + taken, etag });
    }
  }
}

/** The rest of an object that is still the same. */
async function resume(
  { requests, location, signal, start, lengthBytes }: Reading,
  { from, etag }: { readonly from: number; readonly etag: string },
): Promise<IncomingMessage> {
  const range = rangeOf(from, start + lengthBytes);
  const { status, headers, body } = await request(requests, location, { range, signal, etag });
  const [, first] = /^bytes (\d+)-/.exec(headers['content-range'] ?? '') ?? [];
  if (status === 206 && Number(first) === from) return body;
  body.destroy();
  throw new MillraceError(
    'unavailable',
    `${formatObjectUrl(location)}: the connection broke, and the store does not know ranges`,
  );
}

interface Asked {
  readonly range: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly etag: string | undefined;
}

function request(
  requests: StoreRequests,
  location: ObjectLocation,
  { range, signal, etag }: Asked,
): Promise<HttpAnswer> {
  return requests.open({
    ...location,
    method: 'GET',
    headers: {
      ...(range === undefined ? { 'x-amz-checksum-mode': 'ENABLED' } : { range }),
      ...(etag !== undefined && { 'if-match': etag }),
    },
    expected: range === undefined ? [200] : [200, 206],
    signal,
  });
}

function rangeOf(start: number, end: number | undefined): string {
  return `bytes=${start}-${end === undefined ? '' : end - 1}`;
}

function lengthOf(headers: ObjectHeaders, location: ObjectLocation): number {
  const length = Number(headers['content-length'] ?? Number.NaN);
  if (Number.isSafeInteger(length) && length >= 0) return length;
  throw new MillraceError(
    'failed_precondition',
    `${formatObjectUrl(location)}: the store does not say how large it is`,
  );
}

function infoOf(headers: ObjectHeaders, lengthBytes: number): ObjectInfo {
  const { etag, 'content-type': contentType, 'content-range': range, 'last-modified': modified = '' } = headers;
  const [, whole] = /\/(\d+)$/.exec(range ?? '') ?? [];
  const modifiedAtMs = Date.parse(modified);
  return {
    sizeBytes: whole === undefined ? lengthBytes : Number(whole),
    etag,
    contentType,
    modifiedAtMs: Number.isNaN(modifiedAtMs) ? undefined : modifiedAtMs,
  };
}

function check(checksum: ChecksumCheck | undefined, location: ObjectLocation): void {
  if (checksum === undefined || checksum.matches()) return;
  const message = `${formatObjectUrl(location)}: what came does not match the ${checksum.name} that the store keeps of it`;
  throw new MillraceError('internal', message);
}
