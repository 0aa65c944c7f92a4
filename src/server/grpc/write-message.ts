import type { ServerHttp2Stream } from 'node:http2';
import type { GrpcMessage } from '../../protocols/index.js';

const PREFIX_BYTES = 5;
/** Copying so much is cheaper than one more piece in a write. */
const MAX_JOINED_BYTES = 65_536;
/** So much must be taken within the time that a slow reader has. */
const PART_BYTES = 1_048_576;

export function messageBytes(message: GrpcMessage): number {
  let total = 0;
  for (const piece of message) total += piece.byteLength;
  return total;
}

export interface Framing {
  /** {@link messageBytes} of it. */
  readonly sizeBytes: number;
  readonly compressed: boolean;
}

/** Writes a message with its prefix: small ones as one buffer, large ones without joining them. Returns what `write` does. */
export function writeMessage(stream: ServerHttp2Stream, message: GrpcMessage, framing: Framing): boolean {
  const { sizeBytes } = framing;
  if (sizeBytes <= MAX_JOINED_BYTES) {
    const joined = Buffer.allocUnsafe(PREFIX_BYTES + sizeBytes);
    writePrefix(joined, framing);
    let at = PREFIX_BYTES;
    for (const piece of message) {
      joined.set(piece, at);
      at += piece.byteLength;
    }
    return stream.write(joined);
  }
  stream.cork();
  stream.write(prefixOf(framing));
  let hasRoom = true;
  for (const piece of message) hasRoom = stream.write(piece);
  stream.uncork();
  return hasRoom;
}

/**
 * Writes a message part by part, each when the one before has been taken, so that it can be seen whether the client reads.
 * `done` is called once all has been; never when the stream breaks.
 */
export function writePaced(stream: ServerHttp2Stream, message: GrpcMessage, options: Framing & Paced): void {
  stream.write(prefixOf(options));
  const parts = partsOf(message);
  const next = (error?: Error | null) => {
    // Its deadline may have passed meanwhile.
    if ((error !== undefined && error !== null) || stream.writableEnded) return;
    const { value } = parts.next();
    if (value === undefined) {
      options.done();
      return;
    }
    stream.write(value, next);
    options.written(value.byteLength);
  };
  next();
}

interface Paced {
  /** So much more has been handed over. */
  readonly written: (bytes: number) => void;
  readonly done: () => void;
}

/** Whether a message is so large that a client may well take long for it. */
export function needsPace(sizeBytes: number): boolean {
  return sizeBytes > PART_BYTES;
}

function* partsOf(pieces: readonly Uint8Array[]): Generator<Uint8Array, undefined> {
  for (const piece of pieces) {
    for (let at = 0; at < piece.byteLength; at += PART_BYTES) yield piece.subarray(at, at + PART_BYTES);
  }
}

function prefixOf(framing: Framing): Buffer {
  const prefix = Buffer.allocUnsafe(PREFIX_BYTES);
  writePrefix(prefix, framing);
  return prefix;
}

function writePrefix(bytes: Buffer, { sizeBytes, compressed }: Framing): void {
  bytes[0] = compressed ? 1 : 0;
  bytes.writeUInt32BE(sizeBytes, 1);
}
