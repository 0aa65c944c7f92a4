import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { freePorts } from '../harness/ports.js';
import { type ConformanceServer, startServer } from '../harness/server.js';

export const KEY = 'key-of-clients-0123456789';
/** Failed keys that an address may send in a minute. */
export const MAX_FAILED_KEYS = 3;
export const MAX_INPUT_BYTES = 110 * 1_048_576;
/** For gateways that ask whether a server is ready, longer than they take to notice. */
const DRAIN_DELAY_MS = 3_000;

const echo = (...more: readonly string[]) =>
  [
    'runtime: echo',
    'maxBatchSize: 0',
    'inputs: [{ name: x, datatype: FP32, shape: [-1] }]',
    'outputs: [{ name: y, datatype: FP32, shape: [-1] }]',
    ...more,
  ].join('\n');
const script = (body: string) => `
  import { existsSync } from 'node:fs';
  export default { inputs: { x: 'FP32[-1]' }, outputs: { y: 'FP32[-1]' }, ${body} };`;
const MODELS = {
  'copy/model.yaml': echo(),
  'copy/1/': '',
  'busy/model.yaml': echo('echo: { faults: true }', 'queue: { maxRequests: 1 }'),
  'busy/1/': '',
  'deadly/model.yaml': echo('echo: { faults: true }'),
  'deadly/1/': '',
  'fails/1/model.js': script('infer() { throw new Error("always"); }'),
  // Answers once, and again when there is a file of the name that the request gives.
  'pieces/1/model.js': script(`async *infer({ inputs: { x } }) {
    yield { y: [1] };
    const go = new URL('../../../go-' + x.data[0], import.meta.url);
    while (x.data[0] !== 0 && !existsSync(go)) await new Promise((resolve) => setTimeout(resolve, 5));
    yield { y: [2] };
  }`),
};

/** A line of the access log. */
export interface LoggedRequest {
  readonly path: string;
  readonly status: number;
  readonly remote_address: string;
}

/** A millrace server that keeps its ports when it is started again. */
export class Upstream {
  readonly requests: LoggedRequest[] = [];
  #running: ConformanceServer | undefined;

  /** `args`: of `millrace serve`. */
  constructor(
    private readonly args: readonly string[],
    readonly httpPort: number,
    readonly grpcPort: number,
  ) {}

  /** Where it can be asked without the gateway. */
  get url(): string {
    return `http://127.0.0.1:${this.httpPort}`;
  }

  get lastWords(): string {
    return this.#running?.lastWords() ?? '';
  }

  async start(): Promise<void> {
    const ports = ['--http-port', String(this.httpPort), '--grpc-port', String(this.grpcPort)];
    this.#running = await startServer([...this.args, ...ports], {}, (line) => {
      const event = JSON.parse(line);
      if (event.remote_address !== undefined) this.requests.push(event);
    });
  }

  /** SIGTERM; resolves with the exit code. */
  async stop(): Promise<number | null> {
    const code = (await this.#running?.stop()) ?? null;
    this.#running = undefined;
    return code;
  }
}

/** Two servers with the same models and settings, which share nothing. `folder` is an empty one, `more` members of the settings' `server`. */
export async function startUpstreams(folder: string, more: object = {}): Promise<readonly [Upstream, Upstream]> {
  for (const [name, contents] of Object.entries(MODELS)) {
    const file = path.join(folder, 'models', name);
    mkdirSync(name.endsWith('/') ? file : path.dirname(file), { recursive: true });
    if (!name.endsWith('/')) writeFileSync(file, contents);
  }
  const settings = {
    server: {
      trustedProxies: ['127.0.0.1'],
      allowedHosts: ['models.example.com'],
      drainDelayMs: DRAIN_DELAY_MS,
      maxInputBytes: MAX_INPUT_BYTES,
      ...more,
    },
    auth: { keys: [{ name: 'clients', key: KEY, scopes: ['infer'] }], maxFailedKeysPerMinute: MAX_FAILED_KEYS },
    engine: { prefetchBelowMs: 0 },
    jobs: { maxAttempts: 1 },
    telemetry: { accessLogSuccessesPerSecond: 100_000 },
  };
  const ports = await freePorts(4);
  const create = (name: string, [http = 0, grpc = 0]: readonly number[]) => {
    const config = path.join(folder, `${name}.yaml`);
    writeFileSync(config, JSON.stringify({ ...settings, store: { path: path.join(folder, `${name}.db`) } }));
    return new Upstream([path.join(folder, 'models'), '--config', config], http, grpc);
  };
  const upstreams = [create('first', ports.slice(0, 2)), create('second', ports.slice(2))] as const;
  const starts = await Promise.allSettled(upstreams.map((upstream) => upstream.start()));
  const failed = starts.find((start) => start.status === 'rejected');
  if (failed === undefined) return upstreams;
  await Promise.all(upstreams.map((upstream) => upstream.stop()));
  throw failed.reason;
}
