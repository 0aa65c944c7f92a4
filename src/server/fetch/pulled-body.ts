import type { Clock, Timer } from '../../core/index.js';
import { piecesOf, type WireBody } from '../../protocols/index.js';

/** An answer in memory is handed over in chunks of at most this size. */
const CHUNK_BYTES = 262_144;
const UTF8 = new TextEncoder();

type Piece = string | Uint8Array;

/** Pieces that are there, or come. */
interface Pieces {
  next(): IteratorResult<Piece> | Promise<IteratorResult<Piece>>;
  return?(): unknown;
}

/** What is behind the body. */
export interface PullTarget {
  readonly clock: Clock;
  /** For how long its reader may take nothing. */
  readonly patienceMs: () => number;
  /** Counts the bytes that go to the reader. Default: they are not counted. */
  readonly count?: (bytes: number) => void;
  /** The reader has all of it. */
  readonly onTaken: () => void;
  /** The reader wants no more of it. */
  readonly onCancelled: () => void;
  /** The reader has taken nothing for too long. */
  readonly onStalled: () => void;
  /** The next piece cannot be had. */
  readonly onFailed: (error: unknown) => void;
}

/** An answer's body as a stream: the next piece is asked for when its reader wants it, and belongs to the reader. */
export class PulledBody {
  readonly #pieces: Pieces;
  readonly #target: PullTarget;
  /** undefined = only the end will tell. */
  readonly #lengthBytes: number | undefined;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #first: IteratorResult<Piece> | undefined;
  #bytes = 0;
  #stopped = false;
  /** Ends the wait for the reader. */
  #waiting: Timer | undefined;

  constructor(pieces: Pieces, target: PullTarget, lengthBytes?: number) {
    this.#pieces = pieces;
    this.#target = target;
    this.#lengthBytes = lengthBytes;
  }

  /** Waits for the first piece, so that what goes wrong before it can be answered as an error; rejects with that. */
  async begin(): Promise<void> {
    this.#first = await this.#pieces.next();
  }

  /** The stream. To be called once; its reader is waited for from now on. */
  open(): ReadableStream<Uint8Array> {
    this.#awaitReader();
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#pull(),
        cancel: () => {
          this.#controller = undefined;
          this.end();
          this.#target.onCancelled();
        },
      },
      { highWaterMark: 0 },
    );
  }

  /** Leaves the iteration, as the body is not read any more. `reason`: the error that a reader gets. */
  end(reason?: unknown): void {
    this.#stopWaiting();
    this.#controller?.error(reason);
    this.#controller = undefined;
    if (this.#stopped) return;
    this.#stopped = true;
    leave(this.#pieces);
  }

  /** Waits no longer than is allowed now for a reader that takes nothing. */
  hurry(): void {
    if (this.#waiting !== undefined) this.#awaitReader();
  }

  async #pull(): Promise<void> {
    this.#stopWaiting();
    try {
      const step = this.#first ?? (await this.#pieces.next());
      this.#first = undefined;
      if (this.#stopped) return;
      if (step.done === true) this.#close();
      else this.#hand(step.value);
    } catch (error) {
      if (!this.#stopped) this.#target.onFailed(error);
    }
  }

  #hand(piece: Piece): void {
    // The server may still need its own bytes, and use their memory again; a reader may do with its as it likes.
    const bytes = typeof piece === 'string' ? UTF8.encode(piece) : new Uint8Array(piece);
    this.#bytes += bytes.byteLength;
    this.#target.count?.(bytes.byteLength);
    this.#controller?.enqueue(bytes);
    if (this.#bytes === this.#lengthBytes) this.#close();
    else this.#awaitReader();
  }

  #close(): void {
    this.#stopped = true;
    this.#controller?.close();
    this.#controller = undefined;
    this.#target.onTaken();
  }

  #awaitReader(): void {
    this.#stopWaiting();
    const { clock, patienceMs, onStalled } = this.#target;
    this.#waiting = clock.setTimer(patienceMs(), onStalled);
  }

  #stopWaiting(): void {
    this.#waiting?.clear();
    this.#waiting = undefined;
  }
}

/** Later errors follow from the body not being read. */
function leave(pieces: Pieces): void {
  Promise.resolve(pieces.return?.()).catch(() => undefined);
}

/** A body in memory, chunk by chunk. */
export function* chunksOf(body: WireBody): IterableIterator<Uint8Array> {
  for (const piece of piecesOf(body)) {
    const bytes = typeof piece === 'string' ? UTF8.encode(piece) : piece;
    for (let at = 0; at < bytes.byteLength; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
  }
}

/** A small body in memory of its own. */
export function bytesOf(body: WireBody, lengthBytes: number): Uint8Array {
  const bytes = new Uint8Array(lengthBytes);
  let at = 0;
  for (const piece of piecesOf(body)) {
    const part = typeof piece === 'string' ? UTF8.encode(piece) : piece;
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}
