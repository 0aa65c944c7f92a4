import type { Clock } from '../../core/index.js';
import { HttpError, prematureEnd } from '../http-error.js';
import type { ServerOptions } from '../options.js';
import { requestCompression } from './encoding.js';
import type { HttpExchange } from './exchange.js';

export interface IncomingContext {
  readonly clock: Clock;
  readonly options: Pick<ServerOptions, 'minReceiveBytesPerSecond' | 'receiveGraceMs' | 'receiveTimeoutMs'>;
}

/**
 * The body of a request chunk by chunk, each asked for when its reader has room for it: nothing of it is held. Throws where it ends too early, and
 * 408 where it arrives too slowly; time that the reader takes does not count.
 */
export class IncomingBody {
  readonly #exchange: HttpExchange;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #context: IncomingContext;
  /** Ends the wait for the next chunk. */
  #interrupt: ((error: unknown) => void) | undefined;

  constructor(exchange: HttpExchange, chunks: AsyncIterator<Uint8Array>, context: IncomingContext) {
    this.#exchange = exchange;
    this.#chunks = chunks;
    this.#context = context;
  }

  /** The request was answered: its reader waits no longer. */
  interrupt(error: unknown): void {
    this.#interrupt?.(error);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const { settlement, req } = this.#exchange;
    const { clock, options } = this.#context;
    const declared = req.headers['content-length'];
    const pace = new Pace(options);
    settlement.expectMore();
    try {
      for (;;) {
        const since = clock.now();
        const step = await this.#next(pace.patienceMs);
        if (settlement.answered) throw settlement.error ?? prematureEnd();
        if (step.done === true) break;
        const { byteLength } = step.value;
        pace.arrived(byteLength, clock.now() - since);
        settlement.requestBytes += byteLength;
        yield step.value;
      }
      if (declared !== undefined && settlement.requestBytes < Number(declared)) throw prematureEnd();
    } finally {
      settlement.expectNoMore();
      // Not awaited: where a chunk is still waited for, it ends with that.
      this.#chunks.return?.()?.catch(() => undefined);
    }
  }

  /** The next chunk, where it arrives in time. */
  #next(patienceMs: number): Promise<IteratorResult<Uint8Array>> {
    const { clock, options } = this.#context;
    const next = this.#chunks.next();
    return new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
      const timer = clock.setTimer(patienceMs, () => reject(tooSlow(options)));
      this.#interrupt = (error) => {
        timer.clear();
        reject(error);
      };
      next.then(
        (step) => {
          timer.clear();
          resolve(step);
        },
        (error: unknown) => {
          timer.clear();
          reject(error instanceof HttpError ? error : prematureEnd());
        },
      );
    });
  }
}

/** Throws 415 for a body that would have to be decompressed: what is stored is what was sent. */
export function refuseCompressed(header: string | undefined): void {
  if (requestCompression(header) === undefined) return;
  throw new HttpError(415, `content-encoding '${header}' is not supported here: send the body uncompressed`);
}

/** How slowly a body may still arrive. */
class Pace {
  readonly #options: IncomingContext['options'];
  #lateMs = 0;

  constructor(options: IncomingContext['options']) {
    this.#options = options;
  }

  /** How long the next chunk may take. */
  get patienceMs(): number {
    const { minReceiveBytesPerSecond, receiveGraceMs, receiveTimeoutMs } = this.#options;
    return minReceiveBytesPerSecond === 0 ? receiveTimeoutMs : Math.max(0, receiveGraceMs - this.#lateMs);
  }

  arrived(bytes: number, waitedMs: number): void {
    const { minReceiveBytesPerSecond: rate } = this.#options;
    if (rate > 0) this.#lateMs = Math.max(0, this.#lateMs + waitedMs - (bytes * 1_000) / rate);
  }
}

function tooSlow({
  minReceiveBytesPerSecond,
  receiveGraceMs,
  receiveTimeoutMs,
}: IncomingContext['options']): HttpError {
  const expected =
    minReceiveBytesPerSecond === 0
      ? `no byte for ${receiveTimeoutMs} ms`
      : `fewer than ${minReceiveBytesPerSecond} bytes per second for ${receiveGraceMs} ms`;
  return new HttpError(408, `the body arrived too slowly: ${expected}`);
}
