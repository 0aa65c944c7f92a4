import type { IncomingHttpHeaders } from 'node:http';
import type { RouteBody } from '../../protocols/index.js';
import { decompress } from '../compression.js';
import { HttpError } from '../http-error.js';
import { requestCompression } from './encoding.js';
import type { HttpExchange } from './exchange.js';

const EMPTY = new Uint8Array(0);

export interface BodyReading {
  readonly maxBytes: number;
  /** What its route reads. */
  readonly reads?: RouteBody | undefined;
}

/**
 * Reads the body of a request, decompressed, and calls `done` with it once. What is wrong with it (415, 413, 400) is
 * answered here, as early as it can be known: before a byte is read where the headers say it.
 */
export function readBody(exchange: HttpExchange, reading: BodyReading, done: (body: Uint8Array) => void): void {
  const { headers } = exchange.req;
  const { reads } = reading;
  const maxBytes = Math.min(reading.maxBytes, exchange.settlement.maxBodyBytes);
  const compression = requestCompression(headers['content-encoding']);
  const declaredBytes = declaredLength(headers, maxBytes);
  if (declaredBytes === 0) {
    done(EMPTY);
    return;
  }
  if (declaredBytes !== undefined) exchange.settlement.reserve(declaredBytes);
  exchange.collect({ declaredBytes, maxBytes, dataAt: dataAtOf(reads, headers) }, (body) => {
    if (compression === undefined) {
      done(body);
      return;
    }
    const hold = (bytes: number) => exchange.settlement.hold(bytes);
    decompress(body, { compression, what: 'body', maxBytes, tooLarge, hold })
      .then((plain) => {
        if (!exchange.answered) done(plain);
      })
      .catch((error: unknown) => exchange.fail(error));
  });
}

/** Where in a body the data begins that models may read where it lies; undefined = it may lie anywhere. */
export function dataAtOf(reads: RouteBody | undefined, headers: IncomingHttpHeaders): number | undefined {
  if (reads?.kind !== 'bytes' || headers['content-encoding'] !== undefined) return undefined;
  return reads.dataAt?.(headers);
}

/** Bytes that the headers announce; undefined when only the end of the body will tell. */
function declaredLength(headers: IncomingHttpHeaders, maxBytes: number): number | undefined {
  if (headers['transfer-encoding'] !== undefined) return undefined;
  const text = headers['content-length'];
  const bytes = text === undefined ? 0 : Number(text);
  if (bytes > maxBytes) throw tooLarge(`${bytes} bytes`, maxBytes);
  return bytes;
}

export function tooLarge(got: string, maxBytes: number): HttpError {
  return new HttpError(413, `the body is too large: expected at most ${maxBytes} bytes, got ${got}`);
}
