import { connect, type Socket } from 'node:net';
import { readChunks } from '../support/chunks.js';

/** An answer over HTTP/1.1; its body without the framing. */
export interface HttpAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
  readonly closes: boolean;
}

/** A connection that sends bytes as they are, and reads answers whose bodies have a length, come in chunks or end with the connection. */
export class HttpConnection {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #isOver = false;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    for (const event of ['end', 'close']) {
      socket.on(event, () => {
        this.#isOver = true;
        this.#wake();
      });
    }
  }

  static async open(port: number): Promise<HttpConnection> {
    const socket = connect(port, '127.0.0.1');
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new HttpConnection(socket);
  }

  /** Neither side has ended it. */
  get isUsable(): boolean {
    return !this.#isOver && !this.#socket.destroyed;
  }

  send(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Ends the client's side. */
  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** The next final answer; undefined when the connection ends before. `bodiless`: to HEAD. */
  async answer({ bodiless }: { readonly bodiless: boolean }): Promise<HttpAnswer | undefined> {
    for (;;) {
      const read = readAnswer(this.#received, { bodiless, isOver: this.#isOver });
      if (read !== undefined) {
        this.#received = this.#received.subarray(read.end);
        if (read.answer.status >= 200) return read.answer;
        continue;
      }
      if (this.#isOver) return undefined;
      await this.#next();
    }
  }

  /** Bytes that belong to no answer that was taken. */
  get received(): Buffer {
    return this.#received;
  }

  /** Resolves once the server has ended the connection. */
  async ended(): Promise<void> {
    while (!this.#isOver) await this.#next();
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

interface ReadOptions {
  readonly bodiless: boolean;
  readonly isOver: boolean;
}

function readAnswer(bytes: Buffer, { bodiless, isOver }: ReadOptions) {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const head = bytes.toString('latin1', 0, headEnd);
  const header = (name: string) => new RegExp(`^${name}: *([^\\r]*)`, 'im').exec(head)?.[1] ?? '';
  const status = Number(head.split(' ')[1]);
  const from = headEnd + 4;
  const make = (body: Buffer, end: number) => ({
    answer: { status, type: header('content-type'), body, closes: header('connection') === 'close' },
    end,
  });
  if (bodiless || status < 200 || status === 204) return make(bytes.subarray(from, from), from);
  if (header('transfer-encoding') === 'chunked') {
    const chunks = readChunks(bytes, from);
    return chunks && make(chunks.body, chunks.end);
  }
  const length = header('content-length');
  if (length === '') return isOver ? make(bytes.subarray(from), bytes.length) : undefined;
  const end = from + Number(length);
  return bytes.length < end ? undefined : make(bytes.subarray(from, end), end);
}
