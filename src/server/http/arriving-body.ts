import type { IncomingMessage } from 'node:http';
import { tooLarge } from './body.js';
import { BodyBuffer } from './body-buffer.js';
import type { ExpectedBody, HttpExchange } from './exchange.js';

/** An exchange whose body Node reads. */
type ArrivingExchange = HttpExchange & { readonly req: IncomingMessage };

/** Collects the body of a request that `node:http` reads, as it comes, and calls `done` with all of it. */
export function collectArriving(
  exchange: ArrivingExchange,
  expected: ExpectedBody,
  done: (body: Uint8Array) => void,
): void {
  const { req, settlement } = exchange;
  const { declaredBytes, maxBytes, dataAt } = expected;
  let body =
    declaredBytes === undefined || dataAt === undefined
      ? new BodyBuffer(declaredBytes)
      : new BodyBuffer(declaredBytes, () => settlement.claim(declaredBytes, dataAt));
  const hand = (whole: Uint8Array) => {
    if (exchange.answered) return;
    settlement.expectNoMore();
    try {
      done(whole);
    } catch (error) {
      exchange.fail(error);
    }
  };
  const finish = () => {
    const whole = body.take();
    if (!(whole instanceof Promise)) hand(whole);
    else whole.then(hand, (error: unknown) => exchange.fail(error));
  };
  settlement.expectMore();
  req.on('data', (chunk: Buffer) => {
    if (settlement.answered) return;
    settlement.requestBytes += chunk.byteLength;
    try {
      if (settlement.requestBytes > maxBytes) throw tooLarge('more', maxBytes);
      settlement.hold(chunk.byteLength);
    } catch (error) {
      body = new BodyBuffer(0);
      exchange.fail(error);
      return;
    }
    body.add(chunk);
    if (settlement.requestBytes === declaredBytes) finish();
  });
  if (declaredBytes === undefined) req.on('end', finish);
}
