import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, unlinkSync, writevSync } from 'node:fs';
import { MillraceError } from '../../core/index.js';
import { type Extent, firstGap } from './first-gap.js';
import {
  checkReceivedSize,
  type Frame,
  FrameKind,
  frameWords,
  HEADER_BYTES,
  HEADER_WORDS,
  readFrame,
  writeHeader,
} from './frame.js';

/** Where a POSIX system with shared memory has it, as files; others send every frame through the pipe. */
const FOLDER = '/dev/shm';

/** A smaller frame crosses the pipe in one turn. */
const LEAST_BYTES = 131_072;
/** Writing a larger one would hold up the server's event loop. */
const MOST_BYTES = 8_388_608;
/** All frames that lie in it at a time. */
export const SEGMENT_BYTES = 33_554_432;

interface StoredFrame extends Extent {
  readonly ticket: number;
}

/**
 * Shared memory between the server and one runner, for frames that a pipe holds only a part of: the runner would
 * wait, turn by turn, until the server's event loop writes the next part. A frame lies here at once, and a small `stored` frame
 * tells where. The segment has no name, only descriptors: the system takes it back when both processes have ended.
 */
export class FrameSegment {
  /** For the runner to inherit. */
  readonly fd: number;
  /** In the order of where they lie. */
  readonly #frames: StoredFrame[] = [];
  #closed = false;

  constructor(fd: number) {
    this.fd = fd;
  }

  /** Undefined where there is no shared memory. */
  static open(folder = FOLDER): FrameSegment | undefined {
    const file = `${folder}/millrace-${randomUUID()}`;
    try {
      const fd = openSync(file, 'wx+', 0o600);
      unlinkSync(file);
      return new FrameSegment(fd);
    } catch {
      return undefined;
    }
  }

  /** Stores a frame until its ticket is released; returns the frame to send instead, or undefined when it has to be sent itself. */
  store(pieces: readonly Uint8Array[]): Uint8Array | undefined {
    const first = pieces[0] as Uint8Array;
    const { modelKey, ticket } = readFrame(first);
    const sizeBytes = frameWords(first)[0] as number;
    if (this.#closed || sizeBytes < LEAST_BYTES || sizeBytes > MOST_BYTES) return undefined;
    // The first gap, so that the segment grows no larger than what lies in it at a time.
    const { index, start } = firstGap(this.#frames, sizeBytes);
    if (start + sizeBytes > SEGMENT_BYTES || !this.#write(pieces, start, sizeBytes)) return undefined;
    this.#frames.splice(index, 0, { ticket, start, end: start + sizeBytes });
    const stored = new Uint8Array(HEADER_BYTES + 8);
    const words = frameWords(stored);
    writeHeader(words, stored.byteLength, { kind: FrameKind.stored, modelKey, ticket });
    words[HEADER_WORDS] = start;
    words[HEADER_WORDS + 1] = sizeBytes;
    return stored;
  }

  /** The runner has answered, so it has read the frame. */
  release(ticket: number): void {
    const index = this.#frames.findIndex((frame) => frame.ticket === ticket);
    if (index >= 0) this.#frames.splice(index, 1);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.fd);
  }

  #write(pieces: readonly Uint8Array[], start: number, sizeBytes: number): boolean {
    try {
      return writevSync(this.fd, pieces, start) === sizeBytes;
    } catch {
      // No memory is left for it (a container may have little); the pipe needs none.
      return false;
    }
  }
}

/** The runner's side: reads what a `stored` frame tells of. */
export class SegmentReader {
  readonly #fd: number;
  #buffer: Uint8Array = new Uint8Array(0);

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** The frame itself, valid until the next call. */
  read(stored: Frame): Frame {
    const { start, sizeBytes } = placeOf(stored);
    if (sizeBytes > this.#buffer.byteLength) this.#buffer = Buffer.allocUnsafeSlow(sizeBytes);
    return this.#readAt(start, this.#buffer.subarray(0, sizeBytes));
  }

  /** The frame itself, which may be kept. */
  take(stored: Frame): Frame {
    const { start, sizeBytes } = placeOf(stored);
    return this.#readAt(start, Buffer.allocUnsafeSlow(sizeBytes));
  }

  #readAt(start: number, frame: Uint8Array): Frame {
    for (let got = 0; got < frame.byteLength; ) {
      const count = readSync(this.#fd, frame, got, frame.byteLength - got, start + got);
      if (count === 0) throw new MillraceError('internal', 'malformed frame: less is stored than it says');
      got += count;
    }
    return readFrame(frame);
  }
}

function placeOf({ bytes }: Frame): { readonly start: number; readonly sizeBytes: number } {
  const words = frameWords(bytes);
  const sizeBytes = words[HEADER_WORDS + 1] as number;
  checkReceivedSize(sizeBytes);
  return { start: words[HEADER_WORDS] as number, sizeBytes };
}
