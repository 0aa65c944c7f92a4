import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { WireStream } from '../../protocols/index.js';

export interface StreamTarget {
  readonly res: ServerResponse;
  readonly socket: Socket;
  /** A client that takes nothing for so long is cut off. */
  readonly sendTimeoutMs: () => number;
}

/** An answer's body that is written as it comes: the next piece is asked for when the client has room for it. */
export class StreamedBody {
  readonly #pieces: AsyncIterator<string | Uint8Array>;
  readonly #target: StreamTarget;
  #first: IteratorResult<string | Uint8Array> | undefined;
  #stopped = false;
  #wake: (() => void) | undefined;
  #watch: (() => void) | undefined;

  constructor(stream: WireStream['stream'], target: StreamTarget) {
    this.#pieces = stream[Symbol.asyncIterator]();
    this.#target = target;
  }

  /** Waits for the first piece, so that what goes wrong before it can be answered as an error; rejects with that. */
  async begin(): Promise<void> {
    this.#first = await this.#pieces.next();
  }

  /** Writes everything and counts it; resolves early after {@link stop}, rejects with what the iteration throws. */
  async write(count: (bytes: number) => void): Promise<void> {
    let step = this.#first ?? (await this.#pieces.next());
    while (step.done !== true && !this.#stopped) {
      const piece = step.value;
      count(typeof piece === 'string' ? Buffer.byteLength(piece) : piece.byteLength);
      if (!this.#target.res.write(piece)) await this.#room();
      if (this.#stopped) return;
      step = await this.#pieces.next();
    }
  }

  /** Nobody reads it any more: leaves the iteration. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#wake?.();
    // What is left to fail does so because nobody reads it.
    this.#pieces.return?.().catch(() => undefined);
  }

  /** Waits no longer than is allowed now for a client that takes nothing. */
  hurry(): void {
    if (this.#target.res.socket !== null) this.#watch?.();
  }

  #room(): Promise<void> {
    const { res, socket, sendTimeoutMs } = this.#target;
    // Node destroys the socket when nothing of what waits there has moved for so long. While an earlier answer has the
    // socket, a wait is not the client's fault.
    const watch = () => socket.setTimeout(sendTimeoutMs());
    this.#watch = watch;
    if (res.socket === null) res.once('socket', watch);
    else watch();
    return new Promise((resolve) => {
      this.#wake = resolve;
      res.once('drain', () => {
        this.#watch = undefined;
        socket.setTimeout(0);
        resolve();
      });
    });
  }
}
