import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import path from 'node:path';
import { EventBus, type Events, MillraceError, type Principal } from '../../src/core/index.js';
import type { ServerOptions } from '../../src/server/index.js';
import { FakeClock } from '../support/fake-clock.js';
import { EVERYBODY, startTestServer, type TestServerSettings } from '../support/http-server.js';
import { RawClient, requestText } from '../support/raw-client.js';
import type { StageName } from './script.js';
import { createScriptedService, type ScriptedService } from './scripted-service.js';

/** One of two servers that differ in nothing but the fast path. */
export interface StageServer {
  readonly port: number;
  readonly tls: boolean;
  readonly service: ScriptedService;
  /** What it has published since somebody has emptied this. */
  readonly finished: Events['httpFinished'][];
  readonly diagnostics: Events['diagnostic'][];
}

/** Two servers for one connection at a time, and the time that both live in. */
export interface Stage {
  readonly clock: FakeClock;
  readonly fast: StageServer;
  readonly node: StageServer;
  /** Ends both; false where one still has requests to answer. */
  close(): Promise<boolean>;
}

// Those of Node are real time, which has nothing to say here.
const NO_TIMEOUTS: Partial<ServerOptions> = {
  headersTimeoutMs: 3_600_000,
  receiveTimeoutMs: 3_600_000,
  keepAliveTimeoutMs: 3_600_000,
  sendTimeoutMs: 3_600_000,
};

const TLS = path.resolve(import.meta.dirname, '../fixtures/tls');

function checkKey(authorization: string | undefined): Principal {
  if (authorization === 'Bearer good') return EVERYBODY;
  throw new MillraceError('unauthenticated', 'this key is not known');
}

const SETTINGS: Readonly<Record<StageName, Pick<TestServerSettings, 'options' | 'dependencies'>>> = {
  open: {},
  /** Every caller has a key, and pages of one other origin may call. */
  strict: {
    options: { cors: { origins: ['https://good.example'], maxAgeS: 60 }, timingHeaders: false },
    dependencies: { authenticate: checkKey, requiresKey: true },
  },
  /** Who calls is known a moment later, and little is allowed. */
  late: {
    options: { maxHeaderBytes: 1_024, maxInputBytes: 2_000, maxBufferedBytes: 6_000, requestTimeoutMs: 5_000 },
    dependencies: {
      requiresKey: true,
      authenticate: async (authorization) => {
        await new Promise(setImmediate);
        return checkKey(authorization);
      },
    },
  },
  tls: { options: { tls: { certFile: path.join(TLS, 'first.crt'), keyFile: path.join(TLS, 'first.key') } } },
};

const GRACE_MS = 60_000;
const MAX_TURNS = 1_000;

export async function openStage(name: StageName): Promise<Stage> {
  const clock = new FakeClock();
  const [fast, node] = [await openServer(name, clock, true), await openServer(name, clock, false)];
  return {
    clock,
    fast: fast.opened,
    node: node.opened,
    async close() {
      let closed = 0;
      for (const { server } of [fast, node]) {
        void server.close(GRACE_MS).then(() => {
          closed++;
        });
      }
      await turnsUntil(() => closed === 2);
      const areIdle = closed === 2;
      await clock.advance(2 * GRACE_MS);
      await turnsUntil(() => closed === 2);
      return areIdle;
    },
  };
}

/** Gives `holds` a while to come true. */
async function turnsUntil(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    if (holds()) return;
    await new Promise(setImmediate);
  }
}

async function openServer(name: StageName, clock: FakeClock, fastPath: boolean) {
  const { options, dependencies } = SETTINGS[name];
  const service = createScriptedService();
  const events = new EventBus();
  const finished: Events['httpFinished'][] = [];
  const diagnostics: Events['diagnostic'][] = [];
  const { server, port } = await startTestServer({
    clock,
    service,
    dependencies: { ...dependencies, events },
    options: { ...NO_TIMEOUTS, ...options, fastPath },
  });
  const tls = name === 'tls';
  // Routes are bound with the first request that needs them.
  const client = await RawClient.connect(port, { tls });
  client.send(requestText('GET /v2/health/live'));
  await client.response();
  client.socket.destroy();
  events.subscribe('httpFinished', (event) => finished.push(event));
  events.subscribe('diagnostic', (event) => diagnostics.push(event));
  const opened: StageServer = { port, tls, service, finished, diagnostics };
  return { server, opened };
}

/** Knows the servers' end of every connection of this process, and what `node:http` reads of them. */
export class Acceptance {
  readonly #waiting = new Map<number, (socket: Socket) => void>();
  readonly #accepted = new Map<number, Socket>();
  readonly #note = (message: unknown): void => {
    const { socket } = message as { readonly socket: Socket };
    const port = socket.localPort as number;
    const resolve = this.#waiting.get(port);
    if (resolve === undefined) this.#accepted.set(port, socket);
    else resolve(socket);
    this.#waiting.delete(port);
  };

  readonly #readByNode = new Map<number, number>();
  readonly #count = (message: unknown): void => {
    const { socket } = message as { readonly socket: Socket };
    const port = socket.localPort as number;
    this.#readByNode.set(port, this.readByNode(port) + 1);
  };

  constructor() {
    subscribe('net.server.socket', this.#note);
    subscribe('http.server.request.start', this.#count);
  }

  /** Requests that `node:http` has read at a port. */
  readByNode(port: number): number {
    return this.#readByNode.get(port) ?? 0;
  }

  /** The connection that a port has accepted last, or accepts next. */
  async take(port: number): Promise<Socket> {
    const socket = this.#accepted.get(port);
    this.#accepted.delete(port);
    return socket ?? new Promise((resolve) => this.#waiting.set(port, resolve));
  }

  [Symbol.dispose](): void {
    unsubscribe('net.server.socket', this.#note);
    unsubscribe('http.server.request.start', this.#count);
  }
}
