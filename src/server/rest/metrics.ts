import { type Authenticate, admit } from '../../governance/index.js';
import type { HttpExchange } from '../http/exchange.js';
import { HttpError } from '../http-error.js';

/** Metrics in a text format, as telemetry renders them. */
export type RenderMetrics = () => Promise<{ readonly contentType: string; readonly body: string }>;

export interface MetricsOptions {
  readonly authenticate: Authenticate;
  readonly render: RenderMetrics;
}

const PATH = '/metrics';

/** Answers `GET /metrics` to principals that may observe, and nothing else. */
export function createMetricsDispatch({ authenticate, render }: MetricsOptions): (exchange: HttpExchange) => void {
  const answer = async (exchange: HttpExchange): Promise<void> => {
    const { principal } = await exchange.enter(authenticate);
    admit(principal, 'metrics.read', '*');
    const { contentType, body } = await render();
    exchange.send({ status: 200, headers: { 'content-type': contentType }, body }, true);
  };
  return (exchange) => {
    const { method, url = '' } = exchange.req;
    const path = url.split('?', 1)[0] ?? '';
    if (path !== PATH) throw new HttpError(404, `no route ${method} ${path}: expected ${PATH}`);
    if (method !== 'GET' && method !== 'HEAD') {
      throw new HttpError(405, `${path} does not take ${method}: expected GET, HEAD`, { allow: 'GET, HEAD' });
    }
    exchange.route = PATH;
    answer(exchange).catch((error: unknown) => exchange.fail(error));
  };
}
