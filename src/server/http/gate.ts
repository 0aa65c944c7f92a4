import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Dialect } from '../../protocols/index.js';
import { HostGuard } from '../host-guard.js';
import { HttpError } from '../http-error.js';
import type { HttpContext, HttpExchange } from './exchange.js';
import { messageProblem, parseTarget } from './message-problem.js';
import { NodeExchange } from './node-exchange.js';
import { OriginGuard } from './origin-guard.js';

/** Where requests come in, and as what. */
export interface Entrance<Incoming extends HttpExchange = NodeExchange> {
  /** Whether requests that come by loopback must name this machine. */
  readonly checksHost: boolean;
  /** Writes errors until a route has taken the request. */
  readonly dialect: Dialect;
  /** What answers the requests that may come in. What it throws is answered as an error. */
  readonly dispatch: (exchange: Incoming) => void;
}

export interface RequestFlags {
  readonly expect?: 'continue' | 'unknown';
}

const NO_FLAGS: RequestFlags = Object.freeze({});

/** The one way in: every request of every listener passes these checks before anything reads what it asks for. */
export class Gate {
  readonly #context: HttpContext;
  readonly #hosts: HostGuard;
  readonly #origins: OriginGuard;

  constructor(context: HttpContext) {
    this.#context = context;
    this.#hosts = new HostGuard(context.options);
    this.#origins = new OriginGuard(context.options.cors, {
      hosts: this.#hosts,
      requiresKey: context.requiresKey,
    });
  }

  /** Takes in a request of `node:http`; never throws. */
  enterNode(entrance: Entrance, http: { req: IncomingMessage; res: ServerResponse }, flags: RequestFlags = {}): void {
    const connection = this.#context.connections.of(http.req.socket);
    // Behind the last one that is answered; executing it unseen is how requests are smuggled.
    if (connection.closing) return;
    const exchange = new NodeExchange(this.#context, connection, {
      req: http.req,
      res: http.res,
      dialect: entrance.dialect,
    });
    if (flags.expect === 'continue') exchange.expectsContinue = true;
    this.enter(entrance, exchange, flags);
  }

  /** Takes in a request whose exchange is open; never throws. */
  enter<Incoming extends HttpExchange>(
    entrance: Entrance<Incoming>,
    exchange: Incoming,
    flags: RequestFlags = NO_FLAGS,
  ): void {
    const { connection } = exchange;
    try {
      if (this.#admit(exchange, entrance.checksHost && connection.viaLoopback, flags)) entrance.dispatch(exchange);
    } catch (error) {
      exchange.fail(error);
    }
  }

  /** Throws for what may not come in; false when the answer is already given (CORS preflight). */
  #admit(exchange: HttpExchange, checksHost: boolean, flags: RequestFlags): boolean {
    const { req, connection } = exchange;
    const { method, headers } = req;
    // Node's parser drops what follows such a request in the same packet.
    if (headers.upgrade !== undefined) connection.closing = true;
    const target = messageProblem(req) ?? parseTarget(req.url ?? '', headers.host);
    if (target instanceof HttpError) {
      connection.closing = true;
      throw target;
    }
    if (target.authority !== undefined) {
      req.url = target.url;
      headers.host ??= target.authority;
    }
    if (checksHost) this.#hosts.check(headers.host);
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
