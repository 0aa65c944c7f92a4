import type { Socket } from 'node:net';
import type { Timer } from '../../core/index.js';
import { piecesOf, type WireBody } from '../../protocols/index.js';
import { dataAtOf } from '../http/body.js';
import { BodyBuffer } from '../http/body-buffer.js';
import type { Connection } from '../http/connection.js';
import type { AnswerHeads } from './answer-head.js';
import type { FastPathContext } from './context.js';
import { type AnswerLine, FastExchange, type ReadyAnswer } from './fast-exchange.js';
import { HeadReader, INCOMPLETE, type InferenceHead } from './head-reader.js';

/** A request of which more than this is to come goes to `node:http`, which costs little of what such a body costs. */
const MAX_BODY_BYTES = 1_048_576;
/** What has not come whole by then, `node:http` waits for. */
const PATIENCE_MS = 100;
/** Copying so much costs less than writing it in pieces. */
const MAX_JOINED_BYTES = 16_384;
/** Of the server's budget: what unfinished bodies may take here, where it is not known yet who sends them. */
const PARTS_SHARE = 1 / 4;
/** No more is read while so much is to be written, as in `node:http`. */
const MAX_UNSENT_BYTES = 65_536;

/** The beginning of a request whose rest is to come. */
interface Part {
  /** Without its body, where all of the head is there. */
  readonly headBytes: Buffer;
  readonly head: InferenceHead | undefined;
  readonly body: BodyBuffer;
  bodyBytes: number;
  /** When its head was complete. */
  readonly receivedAt: number;
  /** The memory of its body, where that was claimed for it. */
  claimed: Uint8Array | undefined;
}

/** What goes to `node:http` once all before it is answered. */
interface Rest {
  readonly bytes: Buffer;
  /** When the head was complete with which it begins; undefined = it is not. */
  readonly receivedAt: number | undefined;
  /** Those of its body that count in the budget. */
  readonly bodyBytes: number;
}

/**
 * A connection whose requests have all been plain so far. They are read from its bytes, answered in order, and at the first that is
 * not plain, or does not come whole, the connection goes to `node:http` for good: with all that it has sent from there on.
 */
export class FastConnection implements AnswerLine {
  readonly heads: AnswerHeads;
  readonly connection: Connection;
  /** When it was opened, and later when it last had nothing to do, by {@link FastPathContext.coarseNow}. */
  idleSince: number;
  /** Nothing has come yet. */
  isNew = true;
  readonly #path: FastPathContext;
  readonly #onGone: () => void;
  readonly #socket: Socket;
  readonly #reader: HeadReader;
  /** Exchanges whose answers are still to be written, oldest first. */
  readonly #line: FastExchange[] = [];
  #part: Part | undefined;
  #patience: Timer | undefined;
  /** Meanwhile the socket is paused. */
  #rest: Rest | undefined;
  #isCongested = false;
  #hasEnded = false;
  /** Its last answer is written, or `node:http` has it. */
  #isOver = false;

  /** `onGone`: called once it is closed, or `node:http` has it. */
  constructor(path: FastPathContext, { socket, onGone }: { readonly socket: Socket; readonly onGone: () => void }) {
    this.#path = path;
    this.#onGone = onGone;
    this.#socket = socket;
    this.heads = path.heads;
    this.connection = path.context.connections.open(socket);
    this.idleSince = path.context.clock.now();
    this.#reader = new HeadReader(path.whole, path.context.options.maxHeaderBytes);
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('close', this.#onClose);
    socket.on('timeout', this.#onTimeout);
    socket.on('error', ignore);
  }

  /** Whether it waits for a request to begin. */
  get isIdle(): boolean {
    return this.#part === undefined && this.connection.openExchanges.length === 0;
  }

  answered(exchange: FastExchange): void {
    let first = this.#line[0];
    if (first === exchange) {
      while (first?.ready !== undefined && !this.#isOver) {
        this.#line.shift();
        this.#write(first, first.ready);
        first = this.#line[0];
      }
    }
    if (this.#unsentBytes() < MAX_UNSENT_BYTES) return;
    this.#isCongested = true;
    this.#socket.pause();
  }

  probe(exchange: FastExchange): void {
    if (this.#line[0] === exchange && this.#socket.writable)
      this.#socket.write('HTTP/1.1 100 Continue\r\n\r\n', 'latin1');
  }

  settled(): void {
    if (this.connection.openExchanges.length > 0 || this.#isOver || this.#socket.destroyed) return;
    this.idleSince = this.#path.coarseNow();
    const rest = this.#rest;
    if (rest !== undefined) {
      this.#forgetRest();
      this.#resume();
      this.#handOver(rest.bytes, { receivedAt: rest.receivedAt });
    } else if (this.#hasEnded) this.#finish();
  }

  /** Ends it where it has nothing to do; what has begun to come is left to `node:http`. */
  close(): void {
    if (this.#part !== undefined) this.#handOverPart();
    else if (this.isIdle) this.#socket.destroy();
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#isOver) return;
    this.isNew = false;
    const part = this.#part;
    if (part === undefined) this.#take(chunk);
    else if (part.head === undefined) {
      this.#part = undefined;
      this.#take(Buffer.concat([part.headBytes, chunk]));
    } else this.#takeBody(part, part.head, chunk);
  };

  readonly #onEnd = (): void => {
    this.#hasEnded = true;
    const hasMore = this.#rest !== undefined || this.#part !== undefined;
    this.#path.context.connections.halfClose(this.connection, hasMore);
    if (this.#part !== undefined) this.#handOverPart();
    else if (this.connection.openExchanges.length === 0) this.#socket.end();
  };

  readonly #onClose = (): void => {
    this.#forgetPart();
    this.#forgetRest();
    this.#isOver = true;
    this.#onGone();
  };

  readonly #onTimeout = (): void => {
    this.#socket.destroy();
  };

  /** Takes requests as long as they are plain and whole. */
  #take(bytes: Buffer): void {
    const retiring = this.#path.context.retiring();
    let at = 0;
    while (at < bytes.length) {
      if (this.#isOver || this.connection.closing) return;
      const head = retiring ? undefined : this.#reader.read(bytes, at);
      if (head === undefined || head === INCOMPLETE) {
        this.#setAside(head, bytes.subarray(at));
        return;
      }
      const bodyAt = at + head.lengthBytes;
      const end = bodyAt + head.plain.bodyBytes;
      if (end > bytes.length) {
        this.#setAside(head, bytes.subarray(at));
        return;
      }
      this.#enter(head, bytes.subarray(bodyAt, end));
      at = end;
    }
  }

  /** What is not a whole plain request waits for its rest, or goes to `node:http`. */
  #setAside(head: InferenceHead | typeof INCOMPLETE | undefined, bytes: Buffer): void {
    if (head === undefined || this.#hasEnded) this.#handOver(bytes);
    else if (head === INCOMPLETE) {
      const body = new BodyBuffer(0);
      this.#begin({ headBytes: bytes, head: undefined, body, bodyBytes: 0, receivedAt: 0, claimed: undefined });
    } else if (!waitsFor(head)) this.#handOver(bytes);
    else {
      const headBytes = bytes.subarray(0, head.lengthBytes);
      const body = new BodyBuffer(head.plain.bodyBytes, () => this.#claim(part, head));
      const receivedAt = this.#path.context.clock.now();
      const part: Part = { headBytes, head, body, bodyBytes: 0, receivedAt, claimed: undefined };
      this.#begin(part);
      if (bytes.length > head.lengthBytes) this.#takeBody(part, head, bytes.subarray(head.lengthBytes));
    }
  }

  #begin(part: Part): void {
    this.#part = part;
    this.connection.seat?.busy();
    if (this.#patience !== undefined) return;
    this.#patience = this.#path.context.clock.setTimer(PATIENCE_MS, () => this.#handOverPart());
  }

  #claim(part: Part, { plain, match }: InferenceHead): Uint8Array | undefined {
    const dataAt = dataAtOf(match.row.route.body, plain.headers);
    if (dataAt !== undefined) part.claimed = this.#path.context.bodies?.claim(plain.bodyBytes, dataAt);
    return part.claimed;
  }

  #takeBody(part: Part, head: InferenceHead, chunk: Buffer): void {
    const bytes = chunk.subarray(0, head.plain.bodyBytes - part.bodyBytes);
    if (this.#path.context.budget.take(bytes.length, PARTS_SHARE) !== undefined) {
      this.#handOverPart(chunk);
      return;
    }
    part.body.add(bytes);
    part.bodyBytes += bytes.length;
    if (part.bodyBytes < head.plain.bodyBytes) return;
    const { claimed } = part;
    part.claimed = undefined;
    this.#forgetPart();
    this.#enter(head, part.body.take() as Uint8Array, { claimed, receivedAt: part.receivedAt });
    if (bytes.length < chunk.length) this.#take(chunk.subarray(bytes.length));
  }

  #enter(head: InferenceHead, body: Uint8Array, part?: Pick<Part, 'claimed' | 'receivedAt'>): void {
    const { context, gate, entrance } = this.#path;
    if (this.#patience !== undefined) {
      this.#patience.clear();
      this.#patience = undefined;
    }
    const { plain, match } = head;
    const receivedAt = part === undefined ? context.clock.now() : part.receivedAt;
    const claimed = part?.claimed;
    const exchange = new FastExchange(
      context,
      { connection: this.connection, line: this },
      { head: plain, match, body, claimed, dialect: entrance.dialect, receivedAt },
    );
    this.#line.push(exchange);
    gate.enter(entrance, exchange);
  }

  #write(exchange: FastExchange, { head, body, lengthBytes, close }: ReadyAnswer): void {
    const socket = this.#socket;
    exchange.isWritten = true;
    const written = (error?: Error | null) => this.#onWritten(exchange, error);
    if (typeof body === 'string' && body.length === lengthBytes) socket.write(head + body, 'latin1', written);
    else if (lengthBytes <= MAX_JOINED_BYTES) socket.write(joined(head, body, lengthBytes), written);
    else {
      socket.cork();
      socket.write(head, 'latin1');
      for (const piece of piecesOf(body)) socket.write(piece);
      socket.write('', written);
      socket.uncork();
    }
    // The kernel has all of it already: the usual case, and the cheaper one.
    if (socket.writableLength === 0) exchange.written();
    else exchange.limitSending();
    if (close) this.#finish();
  }

  #onWritten(exchange: FastExchange, error: Error | null | undefined): void {
    exchange.written(error);
    if (this.#socket.writableLength > 0) return;
    if (this.#socket.timeout !== undefined && this.#socket.timeout > 0) this.#socket.setTimeout(0);
    if (!this.#isCongested || this.#unsentBytes() >= MAX_UNSENT_BYTES) return;
    this.#isCongested = false;
    this.#resume();
  }

  #unsentBytes(): number {
    let bytes = this.#socket.writableLength;
    for (const { ready } of this.#line) bytes += ready?.lengthBytes ?? 0;
    return bytes;
  }

  #resume(): void {
    if (!this.#isCongested && this.#rest === undefined) this.#socket.resume();
  }

  /** The last answer is written: ends the connection once the client has it. */
  #finish(): void {
    this.#isOver = true;
    this.#patience?.clear();
    this.#forgetPart();
    this.#socket.destroySoon();
  }

  #forgetPart(): void {
    const part = this.#part;
    if (part === undefined) return;
    const { budget, bodies } = this.#path.context;
    budget.release(part.bodyBytes);
    if (part.claimed !== undefined) bodies?.release(part.claimed);
    this.#part = undefined;
  }

  #forgetRest(): void {
    this.#path.context.budget.release(this.#rest?.bodyBytes ?? 0);
    this.#rest = undefined;
  }

  #handOverPart(more?: Buffer): void {
    const part = this.#part;
    if (part === undefined) return;
    const { head, headBytes, body, bodyBytes, receivedAt } = part;
    const pieces = bodyBytes === 0 ? [headBytes] : [headBytes, body.take() as Uint8Array];
    if (more !== undefined) pieces.push(more);
    // In one piece: Node takes no more while it has paused the socket. And a copy, as the memory of the body may be claimed again.
    const bytes = pieces.length === 1 ? headBytes : Buffer.concat(pieces);
    this.#forgetPart();
    this.#handOver(bytes, { receivedAt: head === undefined ? undefined : receivedAt, bodyBytes });
  }

  /** Leaves the connection to `node:http`, which reads these bytes before all that is still to come: once all is answered. */
  #handOver(bytes: Buffer, { receivedAt, bodyBytes = 0 }: Partial<Omit<Rest, 'bytes'>> = {}): void {
    const socket = this.#socket;
    if (this.connection.openExchanges.length > 0) {
      // There is room: the part has just released as much.
      this.#path.context.budget.take(bodyBytes);
      this.#rest = { bytes, receivedAt, bodyBytes };
      socket.pause();
      return;
    }
    this.connection.seat?.busy();
    if (receivedAt !== undefined) this.connection.beginAt(receivedAt);
    this.#isOver = true;
    this.#patience?.clear();
    socket.off('data', this.#onData);
    socket.off('end', this.#onEnd);
    socket.off('close', this.#onClose);
    socket.off('timeout', this.#onTimeout);
    this.#onGone();
    this.#path.toNode(socket);
    socket.off('error', ignore);
    socket.emit('data', bytes);
    // In a turn of its own, as the system reports it.
    if (this.#hasEnded) setImmediate(() => socket.emit('end'));
  }
}

/** Whether it is worth waiting for its body; a client that sets a time limit may set one that is over before. */
function waitsFor({ plain: { bodyBytes, headers } }: InferenceHead): boolean {
  return bodyBytes <= MAX_BODY_BYTES && headers['x-request-timeout-ms'] === undefined;
}

function joined(head: string, body: WireBody, lengthBytes: number): Buffer {
  const bytes = Buffer.allocUnsafe(head.length + lengthBytes);
  let at = bytes.write(head, 0, 'latin1');
  for (const piece of piecesOf(body)) {
    if (typeof piece === 'string') at += bytes.write(piece, at, 'utf8');
    else {
      bytes.set(piece, at);
      at += piece.length;
    }
  }
  return bytes;
}

function ignore(): void {}
