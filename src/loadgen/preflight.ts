import { MillraceError } from '../core/index.js';
import { Connection, type ConnectionOptions } from './connection.js';
import type { PreparedRequest } from './lane.js';

const MAX_EXCERPT = 300;

export interface PreflightOptions {
  readonly url: string;
  readonly connection: ConnectionOptions;
  readonly timeoutMs: number;
}

/** Sends a request once, so that a wrong address or body is reported in words and not as a million failures. */
export function preflight(request: PreparedRequest, options: PreflightOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (code: 'unavailable' | 'failed_precondition', message: string): void => {
      clearTimeout(timer);
      reject(new MillraceError(code, message));
    };
    const connection = new Connection(options.connection, {
      onAnswer({ status, body }) {
        const excerpt = Buffer.from(body.subarray(0, MAX_EXCERPT)).toString();
        const complaint = status < 200 || status > 299 ? `${status}: ${excerpt}` : request.check?.(status, body);
        if (complaint === undefined) {
          clearTimeout(timer);
          resolve();
        } else {
          fail('failed_precondition', `${options.url}: the first request was expected to succeed, got ${complaint}`);
        }
        connection.abort('done');
      },
      onFailure: (reason) => fail('unavailable', `${options.url} does not answer: ${reason}`),
    });
    const timer = setTimeout(() => connection.abort(`no answer in ${options.timeoutMs} ms`), options.timeoutMs);
    connection.send(request.bytes);
  });
}
