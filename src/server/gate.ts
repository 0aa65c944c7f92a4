import type { IncomingMessage, ServerResponse } from 'node:http';
import { Exchange, type ExchangeContext } from './exchange.js';
import { HostGuard } from './host-guard.js';
import { HttpError } from './http-error.js';
import { OriginGuard } from './origin-guard.js';

/** Where a request came in. */
export interface Entrance {
  /** Whether requests that come by loopback must name this machine. */
  readonly checksHost: boolean;
  /** What answers the requests that may come in. What it throws is answered as an error. */
  readonly dispatch: (exchange: Exchange) => void;
}

export interface RequestFlags {
  readonly expect?: 'continue' | 'unknown';
}

/** The one way in: every request of every listener passes these checks before anything looks at what it wants. */
export class Gate {
  readonly #context: ExchangeContext;
  readonly #hosts: HostGuard;
  readonly #origins: OriginGuard;

  constructor(context: ExchangeContext) {
    this.#context = context;
    this.#hosts = new HostGuard(context.options);
    this.#origins = new OriginGuard(context.options.cors, {
      hosts: this.#hosts,
      requiresKey: context.requiresKey,
    });
  }

  /** Takes a request in; never throws. */
  enter(entrance: Entrance, http: { req: IncomingMessage; res: ServerResponse }, flags: RequestFlags = {}): void {
    const connection = this.#context.connections.of(http.req.socket);
    const exchange = new Exchange(this.#context, connection, http);
    if (flags.expect === 'continue') exchange.expectsContinue = true;
    try {
      if (this.#admit(exchange, entrance.checksHost && connection.viaLoopback, flags)) entrance.dispatch(exchange);
    } catch (error) {
      exchange.fail(error);
    }
  }

  /** Throws for what may not come in; false when the answer is already given (CORS preflight). */
  #admit(exchange: Exchange, checksHost: boolean, flags: RequestFlags): boolean {
    const { method, headers, httpVersionMinor } = exchange.req;
    const { host } = headers;
    if (host === undefined && httpVersionMinor > 0) throw new HttpError(400, 'header host is missing');
    if (checksHost) this.#hosts.check(host);
    exchange.corsHeaders = this.#origins.check(method ?? '', headers);
    if (flags.expect === 'unknown') {
      throw new HttpError(417, `header expect: expected 100-continue, got '${headers.expect}'`);
    }
    const preflight = method === 'OPTIONS' ? this.#origins.preflight(headers) : undefined;
    if (preflight === undefined) return true;
    exchange.send({ status: 204, headers: preflight, body: '' });
    return false;
  }
}
