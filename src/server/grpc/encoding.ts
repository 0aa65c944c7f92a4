import { GRPC_STATUS_CODES } from '../../protocols/index.js';
import type { Compression } from '../compression.js';
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
