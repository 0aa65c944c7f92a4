import type { RouteRequest } from '../../protocols/index.js';
import type { HttpExchange } from '../http/exchange.js';

/** A request as routes see it; what few of them need is worked out when it is asked for. */
export class ExchangeRequest implements RouteRequest {
  readonly params: RouteRequest['params'];
  readonly body: Uint8Array;
  readonly json: unknown;
  readonly incoming: RouteRequest['incoming'];
  readonly #exchange: HttpExchange;

  constructor(exchange: HttpExchange, read: Pick<RouteRequest, 'params' | 'body' | 'json' | 'incoming'>) {
    this.#exchange = exchange;
    this.params = read.params;
    this.body = read.body;
    this.json = read.json;
    this.incoming = read.incoming;
  }

  get method(): string {
    return this.#exchange.req.method ?? '';
  }

  get url(): string {
    return this.#exchange.req.url ?? '';
  }

  get headers(): RouteRequest['headers'] {
    return this.#exchange.req.headers;
  }

  get rawHeaders(): readonly string[] {
    return this.#exchange.req.rawHeaders;
  }

  get origin(): string {
    return this.#exchange.origin;
  }

  get query(): URLSearchParams {
    const at = this.url.indexOf('?');
    return new URLSearchParams(at < 0 ? '' : this.url.slice(at + 1));
  }

  /**
   * Scripts wait for a server by the status that curl prints behind the body, and curl asks for anything where its user asks for
   * nothing; KServe's client does the same, and needs the body.
   */
  get accept(): string | undefined {
    const { accept, 'user-agent': userAgent } = this.#exchange.req.headers;
    return accept === '*/*' && userAgent?.startsWith('curl/') === true ? undefined : accept;
  }
}
