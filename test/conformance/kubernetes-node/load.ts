import { HttpClient } from '../harness/http.js';
import type { Cluster } from './cluster.js';

/** Of a service's only slice: a service has further ones from a hundred endpoints on. */
interface Event {
  readonly type: string;
  readonly object: {
    readonly endpoints?: readonly Endpoint[] | null;
  };
}

interface Endpoint {
  readonly addresses: readonly string[];
  readonly conditions: { readonly ready?: boolean };
}

/** Of a namespace. */
export interface ServiceName {
  readonly namespace: string;
  readonly service: string;
}

/** Tells the addresses of a service's ready pods, now and when they change, until it is disposed of. */
export function followReady(
  cluster: Cluster,
  { namespace, service }: ServiceName,
  changed: (addresses: readonly string[]) => void,
): Disposable {
  const selector = encodeURIComponent(`kubernetes.io/service-name=${service}`);
  const slices = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
  return cluster.follow(['kubectl', 'get', '--raw', `${slices}?watch=true&labelSelector=${selector}`], (line) => {
    const { type, object } = JSON.parse(line) as Event;
    const endpoints = (type === 'DELETED' ? undefined : object.endpoints) ?? [];
    changed(endpoints.flatMap(({ addresses, conditions }) => (conditions.ready ? addresses : [])));
  });
}

export interface LoadSetup extends ServiceName {
  readonly key: string;
  readonly path: string;
  readonly body: string;
  /** Requests at a time. */
  readonly concurrency: number;
}

/** Requests to the ready endpoints of a service, in turns, as a proxy of the cluster sends them: it hears of them from the API server alone. */
export class Load implements AsyncDisposable {
  /** Answers with 200, and everything else by status or message. */
  answered = 0;
  readonly failures = new Map<string, number>();
  readonly #clients = new Map<string, HttpClient>();
  readonly #watch: Disposable;
  readonly #workers: readonly Promise<void>[];
  #ready: readonly string[] = [];
  #turn = 0;
  #ended = false;

  constructor(
    cluster: Cluster,
    private readonly setup: LoadSetup,
  ) {
    this.#watch = followReady(cluster, setup, (addresses) => {
      this.#ready = addresses;
    });
    this.#workers = Array.from({ length: setup.concurrency }, () => this.#work());
  }

  get failed(): number {
    return [...this.failures.values()].reduce((sum, count) => sum + count, 0);
  }

  async #work(): Promise<void> {
    while (!this.#ended) {
      const address = this.#ready[this.#turn++ % Math.max(1, this.#ready.length)];
      if (address === undefined) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        continue;
      }
      const outcome = await this.#send(address);
      if (outcome === '200') this.answered++;
      else this.failures.set(outcome, (this.failures.get(outcome) ?? 0) + 1);
    }
  }

  async #send(address: string): Promise<string> {
    let client = this.#clients.get(address);
    if (client === undefined) {
      client = new HttpClient(`http://${address}:8000`, this.setup.concurrency);
      this.#clients.set(address, client);
    }
    try {
      const headers = { authorization: `Bearer ${this.setup.key}` };
      const { status, body } = await client.send({ path: this.setup.path, body: this.setup.body, headers });
      return status === 200 ? '200' : `${status} ${body.toString().slice(0, 200)}`;
    } catch (error) {
      return (error as Error).message;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    await Promise.all(this.#workers);
    this.#watch[Symbol.dispose]();
    for (const client of this.#clients.values()) client.close();
  }
}
