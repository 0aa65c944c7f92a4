import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type ClientStep, clientStepsOf, type Step } from './script.js';
import type { Acceptance, StageServer } from './stages.js';

/** A connection to one of the servers, seen from both ends. */
export class PlayedConnection {
  readonly server: StageServer;
  /** How the server has ended it; undefined = not yet. */
  ending: 'end' | 'reset' | undefined;
  readonly #wire: Socket;
  readonly #client: Socket;
  readonly #accepted: Socket;
  readonly #received: Buffer[] = [];
  #replayedBytes = 0;
  #replayedTo = 0;
  #isClosed = false;

  private constructor(server: StageServer, sockets: { wire: Socket; client: Socket; accepted: Socket }) {
    this.server = server;
    const { wire, client, accepted } = sockets;
    this.#wire = wire;
    this.#client = client;
    this.#accepted = accepted;
    client.on('data', (chunk: Buffer) => this.#received.push(chunk));
    client.once('end', () => {
      this.ending ??= 'end';
    });
    client.on('error', () => {
      this.ending ??= 'reset';
    });
    client.once('close', () => {
      this.#isClosed = true;
    });
  }

  static async open(server: StageServer, acceptance: Acceptance): Promise<PlayedConnection> {
    const { port, tls } = server;
    const wire = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true });
    await once(wire, 'connect');
    const client = tls ? connectTls({ socket: wire, rejectUnauthorized: false }) : wire;
    if (tls) await once(client, 'secureConnect');
    const accepted = await acceptance.take(port);
    return new PlayedConnection(server, { wire, client, accepted });
  }

  /**
   * Has Node's parser get bytes as events, and not from the handle of the socket: as it gets those that the fast path hands over. From
   * now on {@link replayedFrom} is known.
   */
  readByEvents(): void {
    this.#accepted.on('data', (chunk: Buffer) => {
      const { parser, bytesRead } = this.#accepted as Socket & { readonly parser?: unknown };
      // Node keeps its parser there while it reads a socket.
      if (parser === undefined || parser === null) return;
      if (this.#replayedBytes === 0) this.#replayedTo = bytesRead;
      if (this.#replayedTo === bytesRead) this.#replayedBytes += chunk.length;
    });
  }

  /** Where that begins in all that was sent which Node's parser has got as events; undefined = it has got nothing so. */
  get replayedFrom(): number | undefined {
    return this.#replayedBytes === 0 ? undefined : this.#replayedTo - this.#replayedBytes;
  }

  /** What has come of the answers; each character is one byte. */
  get received(): string {
    return Buffer.concat(this.#received).toString('latin1');
  }

  /** Both ends are gone. */
  get isGone(): boolean {
    return this.#isClosed && this.#accepted.closed;
  }

  /** Grows whenever something happens. */
  get progress(): number {
    const { bytesRead, bytesWritten, destroyed, closed } = this.#accepted;
    const ends = Number(destroyed) + Number(closed) + Number(this.#isClosed) + Number(this.ending !== undefined);
    return bytesRead + bytesWritten + this.#wire.bytesRead + this.server.finished.length + ends;
  }

  /** Nothing is on its way from one end to the other. */
  get isBalanced(): boolean {
    const { bytesRead, bytesWritten, destroyed } = this.#accepted;
    return destroyed || (this.#wire.bytesWritten === bytesRead && this.#wire.bytesRead === bytesWritten);
  }

  /** Does what happens in a step; the client does nothing more where it has ended, or the server has. */
  act(step: Exclude<Step, { readonly passMs: number }>): void {
    if ('answer' in step) this.server.service.answer(step.answer);
    else for (const each of clientStepsOf(step)) this.#actAsClient(each);
  }

  #actAsClient(step: ClientStep): void {
    if (this.ending !== undefined || this.#client.destroyed) return;
    if ('send' in step) {
      // What comes when the server has ended resets the connection, with what is still to be read.
      const isRead = !this.#accepted.destroyed && !this.#accepted.writableEnded;
      if (isRead && !this.#client.writableEnded) this.#client.write(step.send, 'latin1');
    } else if (step.client === 'ends') this.#client.end();
    else if (step.client === 'resets') this.destroy();
    else if (step.client === 'pauses') this.#client.pause();
    else this.#client.resume();
  }

  /** The client reads on, and says that it sends no more. */
  finish(): void {
    this.#client.resume();
    if (!this.#client.destroyed) this.#client.end();
  }

  destroy(): void {
    if (this.#client === this.#wire) this.#client.resetAndDestroy();
    else this.#client.destroy();
  }
}
