import { MillraceError } from '../../core/index.js';

/**
 * Frames between the server and its runners. A frame is a header of four 32-bit words (its size in bytes, kind, model
 * key, ticket) and a body; its size is a multiple of 8, so that everything 8-aligned inside a frame stays so in a
 * stream of frames. Words are in native byte order: both ends run on one machine. A ticket names one exchange; the
 * answer carries the ticket of its request. The runner speaks first (`hello`).
 */
export const PROTOCOL_VERSION = 9;

export const HEADER_WORDS = 4;
export const HEADER_BYTES = 16;

/** Largest frame that either side sends or accepts. */
export const MAX_FRAME_BYTES = 1_073_741_824;

export const FrameKind = {
  /** Runner → server, first of all: {@link Hello}. */
  hello: 1,
  /** Server → runner: a LoadSpec. Answer: `loaded` with a Description, or `failed`. */
  load: 2,
  loaded: 3,
  /** Server → runner: a batch. Answer: any number of `emissions`, then `result` or `failed`. */
  execute: 4,
  emissions: 5,
  result: 6,
  /** Runner → server: a {@link Failure} of what the ticket asked for. */
  failed: 7,
  /** Server → runner: {@link Cancel}; no answer. */
  cancel: 8,
  /** Server → runner: give a model back. Answer: `closed`, or `failed`. */
  close: 9,
  closed: 10,
  /** Runner → server: {@link Diagnostic}; belongs to no exchange. */
  diagnostic: 11,
  /** Server → runner: {@link Granted}; no answer. */
  grant: 12,
  /** Runner → server: {@link Fatal}, the last of all. */
  fatal: 13,
  /** Runner → server: a model calls another one, for an item that it executes; the ticket is the runner's own. */
  call: 14,
  /** Runner → server: {@link CallGranted}; no answer. */
  callGrant: 15,
  /** Runner → server: nobody waits for that call any more; no answer. */
  callCancel: 16,
  /** Server → runner: one answer of the other model; any number of them, then `callEnd`. */
  callAnswer: 17,
  /** Server → runner: {@link CallEnd}. */
  callEnd: 18,
  /** Server → runner: where in the shared segment the frame lies that is meant. */
  stored: 19,
  /** Runner → server: what a model says of itself now; belongs to no exchange. */
  statistics: 20,
  /** Server → runner, the last of all: it is to end. A stream that ends without means that the server is gone. */
  end: 21,
} as const;

export interface FrameHeader {
  readonly kind: number;
  readonly modelKey: number;
  readonly ticket: number;
}

export interface Frame extends FrameHeader {
  /** The whole frame, header included; starts on an 8-byte boundary of its buffer. */
  readonly bytes: Uint8Array;
}

export function align8(size: number): number {
  return Math.ceil(size / 8) * 8;
}

/** The words of a frame, header included. */
export function frameWords(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
}

/** Refuses, as `resource_exhausted`, a frame that is too large to be sent. */
export function checkFrameSize(sizeBytes: number, what: string): void {
  if (sizeBytes > MAX_FRAME_BYTES) {
    throw new MillraceError(
      'resource_exhausted',
      `${what} of one batch take ${sizeBytes} bytes; a runner process exchanges at most ${MAX_FRAME_BYTES} at a time`,
    );
  }
}

/** Throws when `sizeBytes`, read from a header, cannot be the size of a frame: the stream is broken then. */
export function checkReceivedSize(sizeBytes: number): void {
  if (sizeBytes < HEADER_BYTES || sizeBytes > MAX_FRAME_BYTES || sizeBytes % 8 !== 0) {
    throw new MillraceError('internal', `malformed frame: a size of ${sizeBytes} bytes`);
  }
}

export function writeHeader(words: Uint32Array, sizeBytes: number, header: FrameHeader): void {
  words[0] = sizeBytes;
  words[1] = header.kind;
  words[2] = header.modelKey;
  words[3] = header.ticket;
}

export function readFrame(bytes: Uint8Array): Frame {
  const header = new Uint32Array(bytes.buffer, bytes.byteOffset, HEADER_WORDS);
  return { kind: header[1] as number, modelKey: header[2] as number, ticket: header[3] as number, bytes };
}
