import { createGunzip, createInflate, deflate, gzip } from 'node:zlib';
import { systemClock, Turns } from '../core/index.js';
import type { WireResponse } from '../protocols/index.js';
import type { Compression } from './encoding.js';
import { HttpError } from './http-error.js';

const CHUNK_BYTES = 65_536;
/** Many bodies that end together are joined one after the other. */
const turns = new Turns(systemClock);

/** `error` undefined = success. */
type Done<Value> = (error: unknown, value: Value) => void;

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

interface DecompressOptions {
  readonly compression: Compression;
  readonly count: (bytes: number) => void;
  /** What it is, for messages. Default: `body`. */
  readonly what?: string;
}

/**
 * Undoes a request's compression, on the thread pool of Node. `count` gets the size of every piece before it is kept and stops
 * it by throwing: a bomb must not be unpacked before it is measured. Gives 400 for damaged data.
 */
export function decompress(
  body: Uint8Array,
  { compression, count, what = 'body' }: DecompressOptions,
  done: Done<Uint8Array>,
): void {
  const stream = (compression === 'gzip' ? createGunzip : createInflate)({ chunkSize: CHUNK_BYTES });
  let chunks: Uint8Array[] = [];
  let failure: unknown;
  stream.on('data', (chunk: Buffer) => {
    if (failure !== undefined) return;
    try {
      count(chunk.byteLength);
      chunks.push(chunk);
    } catch (error) {
      failure = error;
      chunks = [];
      stream.destroy();
    }
  });
  stream.on('error', (error) => {
    failure = new HttpError(400, `the ${what} is not valid ${compression}: ${error.message}`);
  });
  stream.on('close', () => {
    if (failure === undefined)
      turns.join(chunks).then(
        (plain) => done(undefined, plain),
        (error) => done(error, body),
      );
    else done(failure, body);
  });
  stream.end(body);
}
