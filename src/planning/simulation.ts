import { type Candidate, chooseSlot, planBatch, RunningMedian } from '../engine/index.js';
import { createRandom } from '../statistics/index.js';
import { Processors, type Task } from './processors.js';
import { quantileOf } from './run-times.js';
import type { ServerModel } from './server-model.js';
import { Timetable } from './timetable.js';

/** Who sends: a Poisson process, whatever the server does, or clients that each wait for an answer before the next request. */
export type Load =
  | { readonly kind: 'rate'; readonly requestsPerSecond: number }
  | { readonly kind: 'clients'; readonly clients: number };

export interface SimulationOptions {
  readonly load: Load;
  /** How many requests arrive. */
  readonly requests: number;
  readonly seed: number;
}

/** What became of the requests of one simulation; times in milliseconds. */
export interface SimulationResult {
  /** Of each answered request, in the order of the answers, from when it was due until its client has the answer. */
  readonly latenciesMs: readonly number[];
  readonly refused: number;
  readonly durationMs: number;
  /** Of all runs. */
  readonly runs: number;
  readonly rows: number;
  /** Time that the loop, and all instances together, were busy. */
  readonly loopBusyMs: number;
  readonly instancesBusyMs: number;
  /** Core-milliseconds that were used. */
  readonly coreMs: number;
}

interface Request extends Candidate {
  readonly dueAt: number;
}

interface Run {
  readonly requests: readonly Request[];
  readonly rows: number;
  /** When its instance could begin it, as the server sees that; 0 = it was sent ahead. */
  startedAt: number;
}

/** An instance as the scheduler sees it, and its runner. */
interface Runner {
  readonly instance: object;
  readonly doomed: boolean;
  readonly deaths: number;
  /** As the server knows them, oldest first: one runs, one may be sent ahead. */
  readonly runs: Run[];
  /** Lie in its pipe. */
  readonly pipe: Run[];
  running: Run | undefined;
}

type LoopWork =
  | { readonly kind: 'receive'; readonly request: Request }
  | { readonly kind: 'answer'; readonly request: Request }
  | { readonly kind: 'finish'; readonly runner: Runner; readonly run: Run };

const REQUEST = { cost: 1, shapeKey: '', alone: false } as const;
/** How far the scheduler looks ahead, at least. */
const LOOKAHEAD = 256;

/**
 * Requests of one model through a server: its loop, the queue, the instances and the cores that they share. Batches are formed by the scheduler's own functions.
 * The same seed gives the same arrivals and runs.
 */
export class Simulation {
  readonly #model: ServerModel;
  readonly #options: SimulationOptions;
  readonly #timetable = new Timetable();
  readonly #processors: Processors;
  readonly #tasks = new Map<Task, () => void>();
  readonly #runners: readonly Runner[];
  readonly #medianRun = new RunningMedian();
  readonly #gap: () => number;
  readonly #runShare: () => number;
  readonly #outsideShare: () => number;
  /** Waits for the loop; `#tick` is what the loop does in this turn. */
  #ready: LoopWork[] = [];
  #tick: LoopWork[] = [];
  readonly #queue: Request[] = [];
  #received = false;
  #loopRuns = false;
  #now = 0;
  #wakeAt = Number.POSITIVE_INFINITY;
  #arrived = 0;
  readonly #latenciesMs: number[] = [];
  #refused = 0;
  #runs = 0;
  #rows = 0;
  #loopBusyMs = 0;
  #instancesBusyMs = 0;

  constructor(model: ServerModel, options: SimulationOptions) {
    this.#model = model;
    this.#options = options;
    this.#processors = new Processors(model.cores);
    this.#runners = Array.from({ length: model.instances }, () => ({
      instance: REQUEST,
      doomed: false,
      deaths: 0,
      runs: [],
      pipe: [],
      running: undefined,
    }));
    // Each of its own, so that other batches do not change who arrives when.
    const { seed } = options;
    this.#gap = createRandom(seed);
    this.#runShare = createRandom(seed + 1);
    this.#outsideShare = createRandom(seed + 2);
  }

  run(): SimulationResult {
    const { load, requests } = this.#options;
    if (load.kind === 'rate') this.#scheduleArrival(load.requestsPerSecond);
    else for (let client = 0; client < Math.min(load.clients, requests); client++) this.#arrive(0);
    while (this.#latenciesMs.length + this.#refused < requests) this.#step();
    return {
      latenciesMs: this.#latenciesMs,
      refused: this.#refused,
      durationMs: this.#now,
      runs: this.#runs,
      rows: this.#rows,
      loopBusyMs: this.#loopBusyMs,
      instancesBusyMs: this.#instancesBusyMs,
      coreMs: this.#processors.usedMs,
    };
  }

  #step(): void {
    const at = Math.min(this.#timetable.nextAt, this.#processors.nextEndAt);
    if (at === Number.POSITIVE_INFINITY) throw new Error('the simulation has stopped before its end');
    const passedMs = at - this.#now;
    if (this.#loopRuns) this.#loopBusyMs += passedMs;
    for (const { running } of this.#runners) if (running !== undefined) this.#instancesBusyMs += passedMs;
    this.#now = at;
    for (const task of this.#processors.advance(at)) {
      const onEnd = this.#tasks.get(task);
      this.#tasks.delete(task);
      onEnd?.();
    }
    this.#timetable.runUntil(at);
  }

  #scheduleArrival(requestsPerSecond: number): void {
    const gapMs = (-Math.log(1 - this.#gap()) * 1000) / requestsPerSecond;
    this.#timetable.add(this.#now + gapMs, () => {
      this.#arrive(this.#now);
      if (this.#arrived < this.#options.requests) this.#scheduleArrival(requestsPerSecond);
    });
  }

  #arrive(dueAt: number): void {
    this.#arrived++;
    const request: Request = { ...REQUEST, rows: this.#model.rowsPerRequest, dueAt, enqueuedAt: 0 };
    this.#post({ kind: 'receive', request });
  }

  #leave(request: Request): void {
    const { load, requests } = this.#options;
    const outsideMs = quantileOf(this.#model.front.outsideMs, this.#outsideShare());
    this.#latenciesMs.push(this.#now - request.dueAt + outsideMs);
    if (load.kind !== 'clients') return;
    this.#timetable.add(this.#now + outsideMs, () => {
      if (this.#arrived < requests) this.#arrive(this.#now);
    });
  }

  #post(work: LoopWork): void {
    if (this.#loopRuns) {
      this.#ready.push(work);
      return;
    }
    this.#loopRuns = true;
    this.#work(this.#model.front.wakeMs, this.#model.front.loopCores, () => this.#nextOfLoop());
    this.#ready.push(work);
  }

  /** One turn of the loop does what was ready when it began; then what it has received is scheduled. */
  #nextOfLoop(): void {
    if (this.#tick.length === 0) {
      if (this.#received) {
        this.#received = false;
        this.#feed();
      }
      this.#tick = this.#ready;
      this.#ready = [];
    }
    const work = this.#tick.shift();
    this.#loopRuns = work !== undefined;
    if (work !== undefined) this.#work(this.#begin(work), this.#model.front.loopCores, () => this.#endOfLoop(work));
  }

  /** What has no duration happens at the beginning; returns milliseconds. */
  #begin(work: LoopWork): number {
    const { receiveMs, answerMs } = this.#model.front;
    if (work.kind === 'receive') return receiveMs;
    if (work.kind === 'answer') return answerMs;
    const { runner, run } = work;
    runner.runs.splice(runner.runs.indexOf(run), 1);
    this.#medianRun.add(this.#now - run.startedAt);
    const [next] = runner.runs;
    if (next !== undefined) next.startedAt = this.#now;
    this.#feed();
    this.#tick.unshift(...run.requests.map((request) => ({ kind: 'answer', request }) as const));
    return 0;
  }

  #endOfLoop(work: LoopWork): void {
    if (work.kind === 'receive') this.#admit(work.request);
    if (work.kind === 'answer') this.#leave(work.request);
    this.#nextOfLoop();
  }

  #admit(request: Request): void {
    const ahead = this.#runners.reduce((sum, { runs }) => sum + (runs[1]?.requests.length ?? 0), 0);
    if (this.#queue.length + ahead >= this.#model.maxQueuedRequests) {
      this.#refused++;
      return;
    }
    this.#queue.push({ ...request, enqueuedAt: this.#now });
    this.#received = true;
  }

  /** As the scheduler does. */
  #feed(): void {
    const { batching, prefetchBelowMs } = this.#model;
    while (this.#queue.length > 0) {
      const limits = { concurrency: 1, prefetchBelowMs };
      const runner = chooseSlot(this.#runners, limits, { medianRunMs: this.#medianRun.value });
      if (runner === undefined) return;
      const candidates = this.#queue.slice(0, batching.batching ? Math.max(LOOKAHEAD, batching.maxRows) : 1);
      const plan = planBatch(candidates, batching, this.#now);
      if (plan.kind === 'wait') {
        this.#wake(plan.at);
        return;
      }
      // All have the same shape, so the first ones are picked.
      this.#send(runner, this.#queue.splice(0, plan.picked.length), plan.rows);
    }
  }

  #wake(at: number): void {
    if (at >= this.#wakeAt && this.#wakeAt > this.#now) return;
    this.#wakeAt = at;
    this.#timetable.add(at, () => this.#feed());
  }

  #send(runner: Runner, requests: readonly Request[], rows: number): void {
    const run: Run = { requests, rows, startedAt: runner.runs.length === 0 ? this.#now : 0 };
    runner.runs.push(run);
    this.#runs++;
    this.#rows += rows;
    this.#timetable.add(this.#now + this.#model.front.handoverMs / 2, () => {
      runner.pipe.push(run);
      if (runner.running === undefined) this.#nextOfRunner(runner);
    });
  }

  #nextOfRunner(runner: Runner): void {
    const run = runner.pipe.shift();
    runner.running = run;
    if (run === undefined) return;
    const { runTimes, front, coresPerRun } = this.#model;
    this.#work(runTimes.quantileMs(run.rows, this.#runShare()), coresPerRun, () => {
      this.#timetable.add(this.#now + front.handoverMs / 2, () => this.#post({ kind: 'finish', runner, run }));
      this.#nextOfRunner(runner);
    });
  }

  #work(remainingMs: number, cores: number, onEnd: () => void): void {
    const task = { remainingMs, cores };
    this.#tasks.set(task, onEnd);
    this.#processors.start(task);
  }
}
