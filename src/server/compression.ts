import { createDeflate, createGunzip, createGzip, createInflate } from 'node:zlib';
import type { MillraceError } from '../core/index.js';
import { piecesOf, type WireResponse } from '../protocols/index.js';
import { HttpError } from './http-error.js';
import { turns } from './turns.js';

export type Compression = 'gzip' | 'deflate';

const CHUNK_BYTES = 65_536;

/** The answer with its body compressed. */
export async function compressAnswer(response: WireResponse, compression: Compression): Promise<WireResponse> {
  const { headers, body } = response;
  return {
    ...response,
    headers: { ...headers, 'content-encoding': compression },
    body: await compress(piecesOf(body), compression),
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

export interface DecompressOptions {
  readonly compression: Compression;
  /** What it is, for messages: `body`, `message`. */
  readonly what: string;
  /** Most of it that is unpacked. */
  readonly maxBytes: number;
  /** What to throw when it is more; `got` says how much, for the message. */
  readonly tooLarge: (got: string, maxBytes: number) => MillraceError;
  /** Counts every piece before it is kept; throws when there is no room for it. */
  readonly hold: (bytes: number) => void;
}

/**
 * Undoes the compression of a request, on the thread pool of Node. Every piece is measured before it is kept, so that a bomb is not
 * unpacked first. Rejects with what `hold` and `tooLarge` say, or 400 for damaged data.
 */
export function decompress(packed: Uint8Array, options: DecompressOptions): Promise<Uint8Array> {
  const { compression, what, maxBytes, tooLarge, hold } = options;
  const stream = (compression === 'gzip' ? createGunzip : createInflate)({ chunkSize: CHUNK_BYTES });
  let chunks: Uint8Array[] = [];
  let plainBytes = 0;
  let failure: unknown;
  stream.on('data', (chunk: Buffer) => {
    if (failure !== undefined) return;
    try {
      plainBytes += chunk.byteLength;
      if (plainBytes > maxBytes) throw tooLarge('more once decompressed', maxBytes);
      hold(chunk.byteLength);
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
  return new Promise((resolve, reject) => {
    stream.on('close', () => (failure === undefined ? resolve(turns.join(chunks)) : reject(failure)));
    stream.end(packed);
  });
}
