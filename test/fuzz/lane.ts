import { type ClientHttp2Session, connect, constants } from 'node:http2';
import { setTimeout as pause } from 'node:timers/promises';
import { answerOf } from '../support/grpc-server.js';
import { HttpConnection } from './http-connection.js';
import type { BytesShot, GrpcShot, HttpShot, Shot } from './shot.js';

/** What became of a shot. */
export interface Outcome {
  /** HTTP statuses that were received. */
  readonly statuses: readonly number[];
  /** `grpc-status`; undefined where there is none. */
  readonly code?: number | undefined;
  /** Body of an HTTP answer, or `grpc-message`. */
  readonly text: string;
  readonly type?: string;
  /** Neither an answer nor an end within {@link ANSWER_LIMIT_MS}. */
  readonly isSilent?: boolean;
}

/** Far beyond all time limits of a fuzzed server. */
export const ANSWER_LIMIT_MS = 30_000;

/** A health probe over gRPC. */
export const LIVE: GrpcShot = {
  kind: 'grpc',
  path: '/inference.GRPCInferenceService/ServerLive',
  headers: {},
  frames: [new Uint8Array(5)],
  leaves: false,
};

const ENDED: Outcome = { statuses: [], text: '' };
const SILENT: Outcome = { ...ENDED, isSilent: true };

export interface LanePorts {
  readonly http: number;
  readonly grpc: number;
}

/** A client that sends one shot after the other, over the same connections as long as these last. */
export class Lane {
  readonly #ports: LanePorts;
  #connection: HttpConnection | undefined;
  #session: ClientHttp2Session | undefined;

  constructor(ports: LanePorts) {
    this.#ports = ports;
  }

  async send(shot: Shot): Promise<Outcome> {
    const outcome = await within(this.#sendAny(shot));
    if (outcome === SILENT) this.close();
    return outcome;
  }

  close(): void {
    this.#connection?.destroy();
    this.#connection = undefined;
    this.#session?.destroy();
    this.#session = undefined;
  }

  #sendAny(shot: Shot): Promise<Outcome> {
    if (shot.kind === 'http') return this.#sendHttp(shot);
    return shot.kind === 'grpc' ? this.#sendGrpc(shot) : this.#sendBytes(shot);
  }

  async #sendHttp({ bytes, draft }: HttpShot): Promise<Outcome> {
    if (!this.#connection?.isUsable) this.#connection = await HttpConnection.open(this.#ports.http);
    const connection = this.#connection;
    connection.send(bytes);
    const answer = await connection.answer({ bodiless: draft.method === 'HEAD' });
    if (answer === undefined || answer.closes) {
      connection.destroy();
      this.#connection = undefined;
    }
    if (answer === undefined) return ENDED;
    return { statuses: [answer.status], text: answer.body.toString(), type: answer.type };
  }

  async #sendGrpc({ path, headers, frames, leaves }: GrpcShot): Promise<Outcome> {
    if (this.#session === undefined || this.#session.closed || this.#session.destroyed) {
      this.#session = connect(`http://127.0.0.1:${this.#ports.grpc}`);
      this.#session.on('error', () => undefined);
    }
    const stream = this.#session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    stream.on('error', () => undefined);
    const answer = answerOf(stream);
    if (leaves) stream.on('response', () => stream.close(constants.NGHTTP2_CANCEL));
    for (const frame of frames) stream.write(frame);
    stream.end();
    const received = await answer;
    const fields: Readonly<Record<string, unknown>> = { ...received.headers, ...received.trailers };
    const code = fields['grpc-status'];
    return {
      statuses: fields[':status'] === undefined ? [] : [Number(fields[':status'])],
      code: code === undefined ? undefined : Number(code),
      text: String(fields['grpc-message'] ?? ''),
    };
  }

  async #sendBytes({ port, pieces, leaves }: BytesShot): Promise<Outcome> {
    const connection = await HttpConnection.open(this.#ports[port]);
    for (const [index, piece] of pieces.entries()) {
      if (index > 0) await new Promise(setImmediate);
      connection.send(piece);
    }
    if (leaves) {
      connection.destroy();
      return ENDED;
    }
    connection.end();
    // Node reads an HTTP/2 connection no more after a frame that is none, so that the server cuts it off only later.
    if (port === 'grpc') await this.#sendGrpc(LIVE);
    else await connection.ended();
    connection.destroy();
    const received = connection.received.toString('latin1');
    const statuses = port === 'http' ? received.matchAll(/HTTP\/1\.1 (\d{3}) /g) : [];
    return { statuses: Array.from(statuses, ([, status]) => Number(status)), text: '' };
  }
}

async function within(outcome: Promise<Outcome>): Promise<Outcome> {
  const limit = new AbortController();
  const expired = pause(ANSWER_LIMIT_MS, SILENT, { signal: limit.signal });
  // Aborted below when an answer arrives first.
  expired.catch(() => undefined);
  try {
    return await Promise.race([outcome, expired]);
  } finally {
    limit.abort();
  }
}
