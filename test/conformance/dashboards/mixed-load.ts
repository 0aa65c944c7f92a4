import { HttpClient } from '../harness/http.js';

const X = { inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [7] }] };
const ROLLOUT = { to: 4, steps: [50, 100], hold_ms: 600_000 };

/** Requests of every kind that the dashboards show: answered, failed, refused, generated, routed, copied, stored. */
export class MixedLoad {
  static readonly SHOP_KEY = 'shop-key-0123456789';
  static readonly OPS_KEY = 'ops-key-0123456789';
  readonly #client: HttpClient;

  constructor(url: string) {
    this.#client = new HttpClient(url);
  }

  /** Starts a rollout, and a route's shadow by its first copies. */
  async begin(): Promise<void> {
    const labels = { method: 'PATCH', path: '/millrace/v1/models/fraud/labels', body: { stable: 3 } };
    const rollout = { path: '/millrace/v1/models/fraud/rollout', body: ROLLOUT };
    for (const request of [labels, rollout]) {
      const { status, body } = await this.#send(request);
      if (status >= 300) throw new Error(`${request.path} answers ${status}: ${body}`);
    }
  }

  /** Sends some of each kind. */
  async step(): Promise<void> {
    const infer = (model: string, more: object = {}) => ({
      path: `/v2/models/${model}/infer`,
      body: { ...X, ...more },
    });
    const prompt = { model: 'kjv', prompt: 'In the beginning', max_tokens: 4, stream: true };
    await Promise.all([
      ...Array.from({ length: 8 }, () => this.#send(infer('fraud'))),
      this.#send(infer('fraud', { parameters: { fault: 'raise' } })),
      this.#send(infer('live')),
      this.#send(infer('live', { parameters: { fault: 'raise' } })),
      this.#send({ path: '/v1/completions', body: prompt }),
      this.#send({ ...infer('fraud'), headers: { prefer: 'respond-async' } }),
      this.#send({ ...infer('fraud'), key: MixedLoad.SHOP_KEY }),
      this.#send({ ...infer('fraud'), key: 'a-key-that-is-not-known' }),
    ]);
  }

  close(): void {
    this.#client.close();
  }

  #send({ key = MixedLoad.OPS_KEY, body, headers = {}, ...request }: Sent) {
    const all = { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers };
    return this.#client.send({ ...request, headers: all, body: JSON.stringify(body) });
  }
}

interface Sent {
  readonly method?: string;
  readonly path: string;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly key?: string;
}
