import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { readChunks } from './chunks.js';

/** One HTTP/1.1 answer as it came over the wire. Header names are lower case. */
export interface RawResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** A client that sends exactly what it is told to, for everything that proper HTTP clients are too polite for. */
export class RawClient {
  readonly socket: Socket;
  /** Resolves when the connection is gone, whoever ended it. */
  readonly closed: Promise<void>;
  #received: Buffer = Buffer.alloc(0);
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    socket.once('close', () => this.#wake());
  }

  /** `place`: a port of 127.0.0.1, or the path of a socket file. `tls`: with these options, or those that are usual. */
  static async connect(
    place: number | string,
    { tls = false }: { readonly tls?: boolean | ConnectionOptions } = {},
  ): Promise<RawClient> {
    const target = typeof place === 'string' ? { path: place } : { host: '127.0.0.1', port: place };
    const more = typeof tls === 'object' ? tls : {};
    const socket = tls === false ? connect(target) : connectTls({ ...target, rejectUnauthorized: false, ...more });
    await new Promise<void>((resolve, reject) => {
      socket.once(tls === false ? 'connect' : 'secureConnect', resolve);
      socket.once('error', reject);
    });
    return new RawClient(socket);
  }

  send(...parts: readonly (string | Uint8Array)[]): void {
    for (const part of parts) this.socket.write(part);
  }

  /**
   * The next answer; `bodiless` to HEAD. Of a body in chunks nothing: they are pending. Rejects with what has come of it when the
   * connection ends before.
   */
  async response({ bodiless = false }: { readonly bodiless?: boolean } = {}): Promise<RawResponse> {
    return this.#read(() => this.#takeResponse(bodiless));
  }

  /** The next answer with all of its body, also one in chunks. */
  async wholeResponse(): Promise<RawResponse> {
    const response = await this.response();
    if (response.headers['transfer-encoding'] !== 'chunked') return response;
    const { body, end } = await this.#read(() => readChunks(this.#received, 0));
    this.#received = this.#received.subarray(end);
    return { ...response, body };
  }

  async #read<T>(take: () => T | undefined): Promise<T> {
    for (;;) {
      const taken = take();
      if (taken !== undefined) return taken;
      if (this.socket.closed) throw new Error(`connection closed after: ${this.#received.toString('latin1')}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** What has come and belongs to no answer yet. */
  get pending(): string {
    return this.#received.toString('latin1');
  }

  #takeResponse(bodiless: boolean): RawResponse | undefined {
    const end = this.#received.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const [statusLine = '', ...lines] = this.#received.toString('latin1', 0, end).split('\r\n');
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const status = Number(statusLine.split(' ')[1]);
    const from = end + 4;
    const to = bodiless || status === 100 ? from : from + Number(headers['content-length'] ?? 0);
    if (this.#received.length < to) return undefined;
    const body = this.#received.subarray(from, to);
    this.#received = this.#received.subarray(to);
    return { status, headers, body };
  }
}

/** The text of a request with the given headers; `content-length` is added where there is a body and none is given. */
export function requestText(line: string, headers: Readonly<Record<string, string>> = {}, body = ''): string {
  const all: Record<string, string> = { host: 'localhost', ...headers };
  if (body !== '' && all['content-length'] === undefined && all['transfer-encoding'] === undefined) {
    all['content-length'] = String(Buffer.byteLength(body));
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${line} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}
