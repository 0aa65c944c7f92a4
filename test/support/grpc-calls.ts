import type { ClientHttp2Session } from 'node:http2';
import type { Call } from '../../src/core/index.js';
import { unary } from './grpc-server.js';

/** A unary method that waits until it is let go or cancelled. */
export function waiting() {
  const calls: Call[] = [];
  const release: (() => void)[] = [];
  let onArrival: () => void = () => undefined;
  const method = unary(
    (call, message) =>
      new Promise((resolve, reject) => {
        calls.push(call);
        call.onCancel(reject);
        release.push(() => resolve([message]));
        onArrival();
      }),
  );
  return {
    calls,
    release,
    method,
    arrived: (count: number) =>
      new Promise<void>((resolve) => {
        onArrival = () => calls.length >= count && resolve();
        onArrival();
      }),
  };
}

/** The code of the GOAWAY that the server sends. */
export function goneAway(session: ClientHttp2Session): Promise<number> {
  return new Promise((resolve) => session.once('goaway', resolve));
}
