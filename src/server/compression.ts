import { deflate, gunzip, gzip, inflate } from 'node:zlib';
import type { WireResponse } from '../protocols/index.js';
import type { Compression } from './encoding.js';
import { HttpError } from './http-error.js';

type Done<Value> = (error: Error | undefined, value: Value) => void;

/** The answer with its body compressed, on the thread pool of Node. */
export function compress(response: WireResponse, compression: Compression, done: Done<WireResponse>): void {
  const { body } = response;
  const plain = typeof body === 'string' || body instanceof Uint8Array ? body : Buffer.concat(body);
  const run = compression === 'gzip' ? gzip : deflate;
  run(plain, (error, packed) => {
    if (error !== null) done(error, response);
    else
      done(undefined, { ...response, headers: { ...response.headers, 'content-encoding': compression }, body: packed });
  });
}

/** Undoes a request's compression. Gives 400 for damaged data and 413 for more than `maxBytes` of it (a bomb). */
export function decompress(
  body: Uint8Array,
  options: { readonly compression: Compression; readonly maxBytes: number },
  done: Done<Uint8Array>,
): void {
  const { compression, maxBytes } = options;
  const run = compression === 'gzip' ? gunzip : inflate;
  run(body, { maxOutputLength: maxBytes }, (error, plain) => {
    if (error === null) done(undefined, plain);
    else if ('code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') done(tooLargeInflated(maxBytes), body);
    else done(new HttpError(400, `the body is not valid ${compression}: ${error.message}`), body);
  });
}

function tooLargeInflated(maxBytes: number): HttpError {
  return new HttpError(413, `the body is larger than ${maxBytes} bytes once decompressed`);
}
