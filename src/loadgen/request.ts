import { invalidArgument } from '../core/index.js';
import type { Target } from './target.js';

/** Judges one answer: undefined when it is right, else what is wrong with it in a few words. `body` is valid during the call only. */
export type AnswerCheck = (status: number, body: Uint8Array) => string | undefined;

/** One request of a load; several are sent in turn. */
export interface LoadRequest {
  readonly method: string;
  /** Path and query, percent-encoded. */
  readonly path: string;
  /** Without `host` and `content-length`, which the generator adds. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Runs on every 2xx answer. */
  readonly check?: AnswerCheck;
}

const UNSAFE = /[\r\n\0]/;

/** The bytes of an HTTP/1.1 request, header and body in one piece, so that it leaves in one write. */
export function encodeRequest(target: Target, request: LoadRequest): Buffer {
  const lines = [`${request.method} ${request.path} HTTP/1.1`, `host: ${target.authority}`];
  for (const [name, value] of Object.entries(request.headers)) lines.push(`${name}: ${value}`);
  lines.push(`content-length: ${request.body.length}`);
  for (const line of lines) {
    if (UNSAFE.test(line)) {
      throw invalidArgument(`request: line breaks are not allowed in ${JSON.stringify(line)}`);
    }
  }
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), request.body]);
}

/** Accepts an answer only if it has exactly these bytes. */
export function expectBytes(expected: Uint8Array): AnswerCheck {
  const wanted = Buffer.from(expected);
  return (_status, body) => (wanted.equals(body) ? undefined : 'wrong answer');
}
