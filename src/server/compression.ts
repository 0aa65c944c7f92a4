import { createDeflate, createGunzip, createGzip, createInflate } from 'node:zlib';
import type { WireResponse } from '../protocols/index.js';
import { bodyPieces } from './answer-body.js';
import type { Compression } from './encoding.js';
import { HttpError } from './http-error.js';
import { turns } from './turns.js';

const CHUNK_BYTES = 65_536;

/** `error` undefined = success. */
type Done<Value> = (error: unknown, value: Value) => void;

/** The answer with its body compressed. */
export async function compressAnswer(response: WireResponse, compression: Compression): Promise<WireResponse> {
  const { headers, body } = response;
  return {
    ...response,
    headers: { ...headers, 'content-encoding': compression },
    body: await compress(bodyPieces(body), compression),
  };
}

/**
 * Compresses the pieces as one, on the thread pool of Node. What comes of it is in pieces, too: joining them would hold up the event
 * loop, and whoever writes them needs no whole.
 */
export async function compress(
  pieces: readonly (string | Uint8Array)[],
  compression: Compression,
): Promise<readonly Uint8Array[]> {
  const stream = (compression === 'gzip' ? createGzip : createDeflate)({ chunkSize: CHUNK_BYTES });
  for (const piece of pieces) stream.write(piece);
  stream.end();
  const packed: Uint8Array[] = [];
  for await (const chunk of stream) packed.push(chunk);
  return packed;
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
