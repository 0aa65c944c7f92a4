import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type Events, MillraceError } from '../../src/core/index.js';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { Random } from '../support/random.js';
import { keptBytes } from './heap.js';
import { judge } from './judge.js';
import { Lane, type LanePorts } from './lane.js';
import { expectMemoryBack } from './memory-back.js';
import { type Shot, showShot } from './shot.js';
import { shrink } from './shrink.js';
import type { FuzzTarget } from './target.js';
import { WITNESS_MODEL, Witness } from './witness.js';

export interface FuzzOptions {
  readonly seed: number;
  /** Shots until the end of the run. */
  readonly shots?: number;
  /** The run ends after that time. */
  readonly durationMs?: number;
  /** Only the shot of this number, to repeat a problem. */
  readonly only?: number;
}

export interface FuzzReport {
  readonly sent: number;
  /** By `200` and `gRPC 0`, of the requests that the server has seen. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Sentences; none is as it should be. */
  readonly problems: readonly string[];
  /** Right answers that the witness got. */
  readonly witnessed: number;
  /** Most shots that were done while a question of the witness waited. */
  readonly mostOvertaken: number;
  /** Processor time of the server and the lanes. */
  readonly cpuMs: number;
  /** The longest time that the event loop was busy; a figure to look at, which no test asserts. */
  readonly longestTurnMs: number;
  /** Growth of the heap from the first tenth to the end of the run. */
  readonly grownBytes: number;
}

const LANES = 16;
const MAX_BODY_BYTES = 2_000_000;
const MAX_PROBLEMS = 10;
const TIMEOUT_MS = 5_000;
/** No time limit ends a request that has lasted for so long; the shutdown waits for longer. */
const LEFT_OVER_MS = 1.5 * TIMEOUT_MS;

/** Sends shots to a whole server in this process and judges what comes back. */
export async function runFuzz(target: FuzzTarget, options: FuzzOptions): Promise<FuzzReport> {
  const server = await startServer(target);
  let prepared: AsyncDisposable | undefined;
  try {
    prepared = await target.prepare?.(server);
    return await new Run(target, server, options).complete();
  } finally {
    await prepared?.[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  }
}

function startServer({ models, settings }: FuzzTarget): Promise<AppServer> {
  const limits = {
    maxInputBytes: MAX_BODY_BYTES,
    maxBufferedBytes: MAX_BODY_BYTES,
    headersTimeoutMs: TIMEOUT_MS,
    receiveTimeoutMs: TIMEOUT_MS,
    requestTimeoutMs: TIMEOUT_MS,
    // Requests that are left over are found by the shutdown.
    gracePeriodMs: 2 * TIMEOUT_MS,
  };
  const all = {
    telemetry: { logLevel: 'trace' },
    engine: { maxInFlightBytes: MAX_BODY_BYTES },
    ...settings,
    server: { ...limits, ...settings.server },
  } as const;
  return startAppServer({ ...WITNESS_MODEL, ...models }, all, { keepsLog: false });
}

/** One run of a target, from the first shot to the closed server. */
class Run {
  readonly #target: FuzzTarget;
  readonly #server: AppServer;
  readonly #options: FuzzOptions;
  readonly #ports: LanePorts;
  readonly #outcomes: Record<string, number> = {};
  readonly #problems: string[] = [];
  /** The first few shots with a problem of their own. */
  readonly #bad: { readonly index: number; readonly shot: Shot; readonly what: string }[] = [];
  readonly #waiting: { readonly at: number; readonly resolve: () => void }[] = [];
  #taken = 0;
  #done = 0;
  #isOver = false;
  #phase: 'sending' | 'explaining' | 'closing' = 'sending';
  #keptAtFirst: number | undefined;

  constructor(target: FuzzTarget, server: AppServer, options: FuzzOptions) {
    this.#target = target;
    this.#server = server;
    this.#options = options;
    this.#ports = { http: server.port, grpc: server.grpcPort };
  }

  async complete(): Promise<FuzzReport> {
    this.#listen();
    const cpuBefore = process.cpuUsage();
    const turns = monitorEventLoopDelay({ resolution: 1 });
    turns.enable();
    const witness = new Witness(this.#target, this.#ports, {
      done: () => this.#done,
      after: (shots) => this.#after(this.#done + shots),
      isOver: () => this.#isOver,
      report: (problem) => this.#report(problem),
    });
    const watching = witness.watch();
    await this.#sendAll();
    this.#isOver = true;
    this.#wake();
    await watching;
    turns.disable();
    await this.#checkMemory();
    const grownBytes = this.#keptAtFirst === undefined ? 0 : keptBytes() - this.#keptAtFirst;
    this.#phase = 'explaining';
    for (const bad of this.#bad) await this.#explain(bad);
    // From here on each request that ends late was left over.
    this.#phase = 'closing';
    await this.#server.app.close();
    return {
      sent: this.#done,
      outcomes: this.#outcomes,
      problems: this.#problems,
      witnessed: witness.answers,
      mostOvertaken: witness.mostOvertaken,
      cpuMs: Math.round(process.cpuUsage(cpuBefore).user / 1_000),
      longestTurnMs: Math.round(turns.max / 1e6),
      grownBytes,
    };
  }

  async #sendAll(): Promise<void> {
    const { only, shots = Number.POSITIVE_INFINITY, durationMs = Number.POSITIVE_INFINITY } = this.#options;
    const startedAt = performance.now();
    const isTenthOver = () => this.#taken >= shots / 10 || performance.now() - startedAt >= durationMs / 10;
    const isEnough = () =>
      Math.max(this.#bad.length, this.#problems.length) >= MAX_PROBLEMS ||
      this.#taken >= shots ||
      performance.now() - startedAt >= durationMs;
    const run = async () => {
      const lane = new Lane(this.#ports);
      while (!isEnough()) {
        if (this.#keptAtFirst === undefined && isTenthOver()) this.#keptAtFirst = keptBytes();
        const index = this.#taken++;
        await this.#sendOne(lane, index);
      }
      lane.close();
    };
    if (only === undefined) await Promise.all(Array.from({ length: LANES }, run));
    else await this.#sendOne(new Lane(this.#ports), only);
  }

  async #sendOne(lane: Lane, index: number): Promise<void> {
    const shot = this.#target.make(new Random(this.#options.seed ^ Math.imul(index + 1, 0x9e37_79b1)));
    const outcome = await lane.send(shot);
    const what = judge(this.#target, shot, outcome);
    if (what !== undefined) this.#bad.push({ index, shot, what });
    this.#done++;
    this.#wake();
  }

  /** Names a shot that was answered wrongly, as small as it can be made. */
  async #explain({ index, shot, what }: { index: number; shot: Shot; what: string }): Promise<void> {
    const kind = kindOf(what);
    const lane = new Lane(this.#ports);
    const shows = async (smaller: Shot) =>
      kindOf(judge(this.#target, smaller, await lane.send(smaller)) ?? '') === kind;
    // One that hangs takes its time each time.
    const smallest = what.includes(' ms') ? shot : await shrink(shot, shows);
    lane.close();
    this.#report(`shot ${index} ${what}; ${showShot(smallest)}`);
  }

  /** Notes what the server reports itself: also of requests whose clients have left. */
  #listen(): void {
    const { events } = this.#server.app;
    const { statuses, codes } = this.#target;
    events.subscribe('httpFinished', (event) => {
      this.#ended(`${event.status}`, statuses.includes(event.status), event);
    });
    events.subscribe('grpcFinished', (event) => {
      this.#ended(`gRPC ${event.status}`, codes.includes(event.status), event);
    });
    events.subscribe('diagnostic', ({ level, message, error }) => {
      // A model that does not load, for example, is the caller's fault.
      if (level !== 'error' || (error instanceof MillraceError && error.code !== 'internal')) return;
      this.#report(`logged as an error: ${message}: ${error instanceof Error ? error.stack : error}`);
    });
  }

  #ended(outcome: string, isListed: boolean, event: Events['httpFinished'] | Events['grpcFinished']): void {
    this.#outcomes[outcome] = (this.#outcomes[outcome] ?? 0) + 1;
    const { path, error, durationMs } = event;
    if (!isListed && this.#phase === 'sending') {
      this.#report(`${path} ended with ${outcome}: ${error?.message} ${error?.cause ?? ''}`);
    }
    // Node sees nothing of a client that leaves a broken connection of HTTP/2: its call ends with its time.
    if (this.#phase === 'closing' && durationMs > LEFT_OVER_MS) {
      this.#report(`${path} was still open after the last answer, and ended with ${outcome} after ${durationMs} ms`);
    }
  }

  async #checkMemory(): Promise<void> {
    const { addresses, app } = this.#server;
    await expectMemoryBack({
      httpPort: this.#ports.http,
      metricsPort: addresses.metrics?.port ?? 0,
      credential: this.#target.credential ?? {},
      // One principal of several may use half of the memory for bodies.
      maxBodyBytes: app.settings.server.maxBufferedBytes / (this.#target.credential === undefined ? 1 : 2),
    }).catch((error: Error) => this.#report(error.message));
  }

  #report(problem: string): void {
    if (this.#problems.length < 2 * MAX_PROBLEMS && !this.#problems.includes(problem)) this.#problems.push(problem);
  }

  #after(at: number): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ at, resolve }));
  }

  #wake(): void {
    const ready = this.#waiting.filter(({ at }) => this.#isOver || this.#done >= at);
    for (const wait of ready) {
      this.#waiting.splice(this.#waiting.indexOf(wait), 1);
      wait.resolve();
    }
  }
}

/** Problems with the same words but for names and numbers. */
function kindOf(what: string): string {
  return what.replace(/'[^']*'|\d+/g, '').slice(0, 100);
}
