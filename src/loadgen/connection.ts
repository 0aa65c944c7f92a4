import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type Answer, ResponseParser } from './response-parser.js';
import type { Target } from './target.js';

export interface ConnectionOptions {
  readonly target: Target;
  /** Accept any certificate of an https target. */
  readonly insecureTls: boolean;
  /** Certificates to trust, as PEM, in place of the usual ones. */
  readonly ca?: readonly string[] | undefined;
  /** The certificate to show, and its private key, as PEM. */
  readonly identity?: { readonly cert: string; readonly key: string } | undefined;
  /** Bytes of an answer's body to keep when it comes in pieces. */
  readonly maxKeptBytes: number;
}

export interface ConnectionListener {
  onAnswer(answer: Answer): void;
  /** The request in flight is lost; `reason` is a few words or an error code of the operating system. */
  onFailure(reason: string): void;
}

const READ_BUFFER_BYTES = 16_384;

/** A keep-alive connection that carries one request at a time and opens itself again when it was closed. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #listener: ConnectionListener;
  #socket: Socket | undefined;
  #waiting = false;

  constructor(options: ConnectionOptions, listener: ConnectionListener) {
    this.#options = options;
    this.#listener = listener;
  }

  /** Sends one encoded request. The one before must be settled. */
  send(request: Buffer): void {
    this.#waiting = true;
    this.#socket ??= this.#open();
    this.#socket.write(request);
  }

  /** Gives up on the request in flight, if any, and closes. */
  abort(reason: string): void {
    this.#socket?.destroy();
    this.#socket = undefined;
    this.#fail(reason);
  }

  #open(): Socket {
    const { target, insecureTls, ca, identity, maxKeptBytes } = this.#options;
    const parser = new ResponseParser((answer) => this.#answer(answer), maxKeptBytes);
    const take = (chunk: Buffer): void => {
      if (this.#socket !== socket) return;
      try {
        parser.push(chunk);
      } catch (error) {
        this.abort(error instanceof Error ? error.message : 'bad answer');
      }
    };
    const { host, port } = target;
    const socket: Socket = target.tls
      ? connectTls({
          host,
          port,
          servername: host,
          rejectUnauthorized: !insecureTls,
          ...(ca && { ca: [...ca] }),
          ...identity,
        }).on('data', take)
      : connectTcp({
          host,
          port,
          // Reading into one buffer saves a stream event and an allocation an answer.
          onread: {
            buffer: Buffer.allocUnsafe(READ_BUFFER_BYTES),
            callback: (size, buffer) => {
              take(Buffer.from(buffer.buffer, buffer.byteOffset, size));
              return true;
            },
          },
        });
    socket.setNoDelay(true);
    let reason = 'connection closed';
    socket.on('end', () => {
      if (!parser.end()) socket.end();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      reason = error.code ?? error.message;
    });
    socket.on('close', () => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      this.#fail(reason);
    });
    return socket;
  }

  #answer(answer: Answer): void {
    if (!this.#waiting) throw new Error('answer without a request');
    this.#waiting = false;
    if (!answer.keepAlive) {
      this.#socket?.end();
      this.#socket = undefined;
    }
    this.#listener.onAnswer(answer);
  }

  #fail(reason: string): void {
    if (!this.#waiting) return;
    this.#waiting = false;
    this.#listener.onFailure(reason);
  }
}
