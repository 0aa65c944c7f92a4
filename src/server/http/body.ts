import type { IncomingHttpHeaders } from 'node:http';
import { MillraceError } from '../../core/index.js';
import { decompress } from '../compression.js';
import { HttpError } from '../http-error.js';
import { BodyBuffer } from './body-buffer.js';
import { requestCompression } from './encoding.js';
import type { HttpExchange } from './exchange.js';

const EMPTY = new Uint8Array(0);

/**
 * Reads the body of a request, decompressed, and calls `done` with it once. What is wrong with it (415, 413, 400) is
 * answered here, as early as it can be known: before a byte is read where the headers say it.
 */
export function readBody(exchange: HttpExchange, maxBytes: number, done: (body: Uint8Array) => void): void {
  const { req } = exchange;
  const compression = requestCompression(req.headers['content-encoding']);
  const declaredBytes = declaredLength(exchange.req.headers, maxBytes);
  if (declaredBytes === 0) {
    done(EMPTY);
    return;
  }
  if (req.readableDidRead) {
    const message = 'the body has been read already: hand requests to the handler before anything reads them';
    throw new MillraceError('internal', message);
  }
  if (exchange.expectsContinue) {
    exchange.expectsContinue = false;
    exchange.res.writeContinue();
  }
  collect(exchange, { declaredBytes, maxBytes }, (body) => {
    if (compression === undefined) {
      done(body);
      return;
    }
    const hold = (bytes: number) => exchange.settlement.hold(bytes);
    decompress(body, { compression, what: 'body', maxBytes, tooLarge, hold })
      .then((plain) => {
        if (!exchange.answered) done(plain);
      })
      .catch((error: unknown) => exchange.fail(error));
  });
}

/** Bytes that the headers announce; undefined when only the end of the body will tell. */
function declaredLength(headers: IncomingHttpHeaders, maxBytes: number): number | undefined {
  if (headers['transfer-encoding'] !== undefined) return undefined;
  const text = headers['content-length'];
  const bytes = text === undefined ? 0 : Number(text);
  if (bytes > maxBytes) throw tooLarge(`${bytes} bytes`, maxBytes);
  return bytes;
}

function tooLarge(got: string, maxBytes: number): HttpError {
  return new HttpError(413, `the body is too large: expected at most ${maxBytes} bytes, got ${got}`);
}

interface Expectation {
  readonly declaredBytes: number | undefined;
  readonly maxBytes: number;
}

function collect(exchange: HttpExchange, expected: Expectation, done: (body: Uint8Array) => void): void {
  const { req, settlement } = exchange;
  const { declaredBytes, maxBytes } = expected;
  let body: BodyBuffer = new BodyBuffer(declaredBytes);
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
