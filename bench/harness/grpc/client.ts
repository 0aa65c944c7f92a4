import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { framed } from './messages.js';

const WINDOW_BYTES = 16 * 1_048_576;

/** A connection over which gRPC calls are made with as little work as Node allows, so that the server is what is measured. */
export class GrpcConnection {
  readonly #session: ClientHttp2Session;

  private constructor(session: ClientHttp2Session) {
    this.#session = session;
  }

  static async open(url: string): Promise<GrpcConnection> {
    const session = connect(url, { settings: { initialWindowSize: WINDOW_BYTES } });
    await once(session, 'connect');
    session.setLocalWindowSize(WINDOW_BYTES);
    return new GrpcConnection(session);
  }

  /** One unary call; rejects when its status is not OK. */
  unary(path: string, frame: Buffer): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const stream = this.#open(path);
      let message: Uint8Array = new Uint8Array();
      readMessages(stream, (next) => {
        message = next;
      });
      let status = '';
      stream.on('response', (headers) => {
        status = problemOf(headers);
      });
      stream.on('trailers', (headers) => {
        status = problemOf(headers);
      });
      stream.on('close', () => (status === '' ? resolve(message) : reject(new Error(status))));
      stream.on('error', reject);
      stream.end(frame);
    });
  }

  /** A bidirectional stream; `onMessage` gets each answer. */
  stream(path: string, onMessage: (message: Uint8Array) => void): { send(message: Uint8Array): void; end(): void } {
    const stream = this.#open(path);
    readMessages(stream, onMessage);
    stream.on('error', () => undefined);
    return { send: (message) => void stream.write(framed(message)), end: () => void stream.end() };
  }

  close(): void {
    this.#session.destroy();
  }

  #open(path: string): ClientHttp2Stream {
    return this.#session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: path,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
  }
}

function problemOf(headers: Readonly<Record<string, unknown>>): string {
  const status = headers['grpc-status'];
  return status === undefined || status === '0' ? '' : `gRPC status ${status}: ${headers['grpc-message']}`;
}

/** Cuts what arrives into messages. */
function readMessages(stream: ClientHttp2Stream, onMessage: (message: Uint8Array) => void): void {
  let held: Buffer = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    while (held.length >= 5 && held.length >= 5 + held.readUInt32BE(1)) {
      const end = 5 + held.readUInt32BE(1);
      onMessage(held.subarray(5, end));
      held = held.subarray(end);
    }
  });
}
