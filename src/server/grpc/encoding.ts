import { invalidArgument } from '../../core/index.js';
import { GRPC_STATUS_CODES } from '../../protocols/index.js';
import { decompress } from '../compression.js';
import type { Compression } from '../encoding.js';
import { GrpcRefusal } from './refusal.js';

/** What messages may be compressed with, for `grpc-accept-encoding`. */
export const ACCEPTED_ENCODINGS = 'identity,deflate,gzip';
/** Smaller answers would only grow. */
const MIN_COMPRESSED_BYTES = 1_024;

/** What `grpc-encoding` says; undefined = messages come as they are. Throws `UNIMPLEMENTED` for what cannot be undone. */
export function messageEncoding(header: string | string[] | undefined): Compression | undefined {
  if (header === undefined || header === 'identity') return undefined;
  if (header === 'gzip' || header === 'deflate') return header;
  throw new GrpcRefusal(
    GRPC_STATUS_CODES.UNIMPLEMENTED,
    `grpc-encoding '${String(header)}' is not supported: expected gzip, deflate or identity`,
  );
}

/** An answer is compressed as its request was, where the client takes that back and there is something to gain. */
export function isWorthCompressing(
  compression: Compression,
  { accepted, sizeBytes }: { readonly accepted: unknown; readonly sizeBytes: number },
): boolean {
  if (sizeBytes < MIN_COMPRESSED_BYTES || typeof accepted !== 'string') return false;
  return accepted.split(',').some((name) => name.trim() === compression);
}

export interface DecompressOptions {
  /** What the call's `grpc-encoding` says. */
  readonly compression: Compression | undefined;
  readonly maxBytes: number;
  /** Counts every piece before it is kept; throws when there is no room for it. */
  readonly hold: (bytes: number) => void;
}

/** Undoes the compression of one message, of which no more than `maxBytes` are unpacked. */
export function decompressMessage(message: Uint8Array, options: DecompressOptions): Promise<Uint8Array> {
  const { compression, maxBytes, hold } = options;
  if (compression === undefined) {
    const text = 'the message is compressed, but metadata grpc-encoding does not say how';
    return Promise.reject(invalidArgument(text));
  }
  let plainBytes = 0;
  const count = (bytes: number) => {
    plainBytes += bytes;
    if (plainBytes > maxBytes) {
      const text = `the message is too large: expected at most ${maxBytes} bytes, got more once decompressed`;
      throw new GrpcRefusal(GRPC_STATUS_CODES.RESOURCE_EXHAUSTED, text);
    }
    hold(bytes);
  };
  return new Promise((resolve, reject) => {
    decompress(message, { compression, count, what: 'message' }, (error, plain) =>
      error === undefined ? resolve(plain) : reject(error),
    );
  });
}
