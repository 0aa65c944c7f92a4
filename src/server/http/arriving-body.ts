import type { IncomingMessage } from 'node:http';
import { tooLarge } from './body.js';
import { BodyBuffer } from './body-buffer.js';
import type { ExpectedBody, HttpExchange } from './exchange.js';

/** An exchange whose body Node reads. */
type ArrivingExchange = HttpExchange & { readonly req: IncomingMessage };

/** The body of a request as it arrives: counted, bounded, and handed over as a whole. */
export class ArrivingBody {
  readonly #exchange: HttpExchange;
  readonly #maxBytes: number;
  readonly #done: (body: Uint8Array) => void;
  #body: BodyBuffer;

  /** Calls `done` with all of it after {@link finish}. */
  constructor(exchange: HttpExchange, expected: ExpectedBody, done: (body: Uint8Array) => void) {
    const { settlement } = exchange;
    const { declaredBytes, maxBytes, dataAt } = expected;
    this.#exchange = exchange;
    this.#maxBytes = maxBytes;
    this.#done = done;
    this.#body =
      declaredBytes === undefined || dataAt === undefined
        ? new BodyBuffer(declaredBytes)
        : new BodyBuffer(declaredBytes, () => settlement.claim(declaredBytes, dataAt));
    settlement.expectMore();
  }

  /** Takes the next bytes; fails the exchange where they are too many, or there is no room. */
  add(chunk: Uint8Array): void {
    const { settlement } = this.#exchange;
    if (settlement.answered) return;
    settlement.requestBytes += chunk.byteLength;
    try {
      if (settlement.requestBytes > this.#maxBytes) throw tooLarge('more', this.#maxBytes);
      settlement.hold(chunk.byteLength);
    } catch (error) {
      this.#body = new BodyBuffer(0);
      this.#exchange.fail(error);
      return;
    }
    this.#body.add(chunk);
  }

  /** All of it has come. */
  finish(): void {
    const whole = this.#body.take();
    if (!(whole instanceof Promise)) this.#hand(whole);
    else
      whole.then(
        (body) => this.#hand(body),
        (error: unknown) => this.#exchange.fail(error),
      );
  }

  #hand(whole: Uint8Array): void {
    const exchange = this.#exchange;
    if (exchange.answered) return;
    exchange.settlement.expectNoMore();
    try {
      this.#done(whole);
    } catch (error) {
      exchange.fail(error);
    }
  }
}

/** Collects the body of a request that `node:http` reads, as it comes, and calls `done` with all of it. */
export function collectArriving(
  exchange: ArrivingExchange,
  expected: ExpectedBody,
  done: (body: Uint8Array) => void,
): void {
  const { req, settlement } = exchange;
  const { declaredBytes } = expected;
  const body = new ArrivingBody(exchange, expected, done);
  req.on('data', (chunk: Buffer) => {
    if (settlement.answered) return;
    body.add(chunk);
    if (settlement.requestBytes === declaredBytes) body.finish();
  });
  if (declaredBytes === undefined) req.on('end', () => body.finish());
}
