/** One answer as it came off the wire. */
export interface Answer {
  readonly status: number;
  /** Valid during the callback only. Cut off at the parser's limit when it came in pieces. */
  readonly body: Uint8Array;
  /** The server will take another request on this connection. */
  readonly keepAlive: boolean;
  /** The header of that name; '' where there is none. */
  readonly serverTiming: string;
}

type State = 'head' | 'sized' | 'chunkSize' | 'chunkData' | 'chunkEnd' | 'trailer' | 'untilClose';

const EMPTY = Buffer.alloc(0);
const HEAD_END = Buffer.from('\r\n\r\n');
const LINE_END = Buffer.from('\r\n');
const MAX_HEAD_BYTES = 65_536;

/**
 * Reads HTTP/1.1 answers (RFC 9112) one after the other, whatever pieces they arrive in. It looks only at the status,
 * the framing headers, `Connection` and `Server-Timing`. Throws an Error with a short message on anything that is not HTTP.
 */
export class ResponseParser {
  readonly #onAnswer: (answer: Answer) => void;
  readonly #maxKeptBytes: number;
  #state: State = 'head';
  #unread: Buffer = EMPTY;
  #status = 0;
  #keepAlive = true;
  #serverTiming = '';
  #remaining = 0;
  #parts: Buffer[] = [];
  #keptBytes = 0;

  /** `maxKeptBytes` bounds the body that is joined from pieces; the rest of it is counted but not kept. */
  constructor(onAnswer: (answer: Answer) => void, maxKeptBytes: number) {
    this.#onAnswer = onAnswer;
    this.#maxKeptBytes = maxKeptBytes;
  }

  /** Takes the next bytes; `chunk` may be reused afterwards. */
  push(chunk: Buffer): void {
    const data = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk]);
    this.#unread = EMPTY;
    let offset = 0;
    while (offset < data.length) {
      const next = this.#step(data, offset);
      if (next < 0) {
        if (data.length - offset > MAX_HEAD_BYTES) throw new Error('header too large');
        this.#unread = Buffer.from(data.subarray(offset));
        return;
      }
      offset = next;
    }
  }

  /** The connection ended; true when that completed an answer without a length. */
  end(): boolean {
    if (this.#state !== 'untilClose') return false;
    this.#finish();
    return true;
  }

  /** Consumes what it can from `offset` on and returns the new offset, or -1 when a line or header is incomplete. */
  #step(data: Buffer, offset: number): number {
    switch (this.#state) {
      case 'head':
        return this.#readHead(data, offset);
      case 'sized':
        return this.#readBody(data, offset, () => this.#finish());
      case 'chunkSize':
        return this.#readChunkSize(data, offset);
      case 'chunkData':
        return this.#readBody(data, offset, () => {
          this.#state = 'chunkEnd';
        });
      case 'chunkEnd':
        return this.#readLine(data, offset, () => {
          this.#state = 'chunkSize';
        });
      case 'trailer':
        return this.#readLine(data, offset, (length) => {
          if (length === 0) this.#finish();
        });
      case 'untilClose':
        this.#keep(data.subarray(offset));
        return data.length;
      default:
        return this.#state satisfies never;
    }
  }

  #readHead(data: Buffer, offset: number): number {
    const end = data.indexOf(HEAD_END, offset);
    if (end < 0) return -1;
    // 'HTTP/1.' and three digits at a fixed place.
    if (data[offset] !== 0x48 || data[offset + 5] !== 0x31) throw new Error('not HTTP/1.1');
    this.#status = digit(data, offset + 9) * 100 + digit(data, offset + 10) * 10 + digit(data, offset + 11);
    this.#keepAlive = data[offset + 7] === 0x31;
    this.#serverTiming = '';
    const framing = this.#readHeaders(data, offset, end);
    const bodyAt = end + 4;
    if (this.#status < 200) return bodyAt;
    if (this.#status === 204 || this.#status === 304 || framing === 0) {
      this.#state = 'sized';
      this.#finish();
    } else if (framing === 'chunked') {
      this.#state = 'chunkSize';
    } else if (framing === 'close') {
      this.#keepAlive = false;
      this.#state = 'untilClose';
    } else if (data.length - bodyAt >= framing) {
      // The whole answer is here: no copy.
      this.#deliver(data.subarray(bodyAt, bodyAt + framing));
      return bodyAt + framing;
    } else {
      this.#state = 'sized';
      this.#remaining = framing;
    }
    return bodyAt;
  }

  /** Body length in bytes, or how its end is marked. */
  #readHeaders(data: Buffer, offset: number, end: number): number | 'chunked' | 'close' {
    let framing: number | 'chunked' | 'close' = 'close';
    let line = data.indexOf(LINE_END, offset);
    while (line >= 0 && line < end) {
      const start = line + 2;
      line = data.indexOf(LINE_END, start);
      // All names of interest start with 'c', 's' or 't'; comparing one byte skips most lines.
      const first = (data[start] ?? 0) | 0x20;
      if (first !== 0x63 && first !== 0x73 && first !== 0x74) continue;
      const text = data.toString('latin1', start, line).toLowerCase();
      if (text.startsWith('content-length:')) framing = lengthOf(text.slice(15));
      else if (text.startsWith('transfer-encoding:') && text.includes('chunked')) framing = 'chunked';
      else if (text.startsWith('connection:')) this.#keepAlive = !text.includes('close');
      else if (text.startsWith('server-timing:')) this.#serverTiming = text.slice(14).trim();
    }
    return framing;
  }

  #readBody(data: Buffer, offset: number, done: () => void): number {
    const end = Math.min(data.length, offset + this.#remaining);
    this.#keep(data.subarray(offset, end));
    this.#remaining -= end - offset;
    if (this.#remaining === 0) done();
    return end;
  }

  #readChunkSize(data: Buffer, offset: number): number {
    return this.#readLine(data, offset, (length) => {
      const text = data.toString('latin1', offset, offset + length);
      const size = /^[0-9a-fA-F]{1,8}/.exec(text);
      if (size === null) throw new Error('bad chunk size');
      this.#remaining = Number.parseInt(size[0], 16);
      this.#state = this.#remaining === 0 ? 'trailer' : 'chunkData';
    });
  }

  #readLine(data: Buffer, offset: number, done: (length: number) => void): number {
    const end = data.indexOf(LINE_END, offset);
    if (end < 0) return -1;
    done(end - offset);
    return end + 2;
  }

  #keep(piece: Buffer): void {
    const room = this.#maxKeptBytes - this.#keptBytes;
    if (room <= 0) return;
    const kept = Buffer.from(piece.subarray(0, room));
    this.#keptBytes += kept.length;
    this.#parts.push(kept);
  }

  #finish(): void {
    const body = this.#parts.length === 0 ? EMPTY : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#keptBytes = 0;
    this.#deliver(body);
  }

  #deliver(body: Uint8Array): void {
    this.#state = 'head';
    this.#onAnswer({
      status: this.#status,
      body,
      keepAlive: this.#keepAlive,
      serverTiming: this.#serverTiming,
    });
  }
}

function digit(data: Buffer, offset: number): number {
  const value = (data[offset] ?? 0) - 0x30;
  if (value < 0 || value > 9) throw new Error('bad status line');
  return value;
}

function lengthOf(text: string): number {
  const length = Number(text.trim());
  if (!Number.isSafeInteger(length) || length < 0) throw new Error('bad content-length');
  return length;
}
