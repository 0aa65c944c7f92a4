import { type Clock, type EventBus, formatModelRef, type Timer } from '../../core/index.js';
import type { MemoryLimit } from '../instance.js';
import { excessReason, type MemoryDemand } from './memory-limit.js';
import { readProcessStates } from './process-states.js';
import type { RunnerProcess } from './runner-process.js';

interface WatchSettings {
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly events: EventBus;
}

/** How long a signal may have stopped a runner before it is taken for hung: requests for it would wait. */
const MAX_STOPPED_MS = 2_000;

/** Models of a shared runner that are named in the log. */
const MAX_NAMED = 10;

/** What a runner may use, and the models that it has. */
interface Allowance {
  readonly demands: readonly MemoryDemand[];
  readonly limit: MemoryLimit;
}

interface Watched {
  allowance: Allowance;
  /** Clock time at which it was first seen stopped; undefined = it runs. */
  stoppedAt: number | undefined;
}

/**
 * Reads the resident memory of runners at an interval, makes it known and kills those above their limit, and those that a
 * signal has stopped.
 */
export class RunnerWatch {
  readonly #settings: WatchSettings;
  readonly #watched = new Map<RunnerProcess, Watched>();
  #timer: Timer | undefined;
  #looking = false;

  constructor(settings: WatchSettings) {
    this.#settings = settings;
  }

  /** Watches a runner until it ends; the allowance given last counts. */
  watch(runner: RunnerProcess, allowance: Allowance): void {
    const known = this.#watched.get(runner);
    if (known !== undefined) {
      known.allowance = allowance;
      return;
    }
    this.#watched.set(runner, { allowance, stoppedAt: undefined });
    void runner.exited.then(() => this.#unwatch(runner));
    this.#schedule();
  }

  /** undefined = it has ended. */
  limitOf(runner: RunnerProcess): MemoryLimit | undefined {
    return this.#watched.get(runner)?.allowance.limit;
  }

  #unwatch(runner: RunnerProcess): void {
    this.#watched.delete(runner);
    if (this.#watched.size > 0) return;
    this.#timer?.clear();
    this.#timer = undefined;
  }

  #schedule(): void {
    if (this.#looking || this.#watched.size === 0) return;
    this.#timer ??= this.#settings.clock.setTimer(this.#settings.intervalMs, () => void this.#look());
  }

  async #look(): Promise<void> {
    this.#timer = undefined;
    this.#looking = true;
    const states = await readProcessStates([...this.#watched.keys()].map((runner) => runner.pid));
    const now = this.#settings.clock.now();
    for (const [runner, watched] of this.#watched) {
      const state = states.get(runner.pid);
      if (state === undefined) continue;
      const { rssBytes, stopped } = state;
      const { bytes: limitBytes } = watched.allowance.limit;
      this.#settings.events.publish('runnerMemory', { runner: runner.label, pid: runner.pid, rssBytes, limitBytes });
      if (rssBytes > limitBytes) this.#killGreedy(runner, watched.allowance, rssBytes);
      watched.stoppedAt = stopped ? (watched.stoppedAt ?? now) : undefined;
      if (watched.stoppedAt !== undefined && now - watched.stoppedAt >= MAX_STOPPED_MS) {
        runner.kill(`was stopped by a signal for ${MAX_STOPPED_MS / 1000} s`);
      }
    }
    this.#looking = false;
    this.#schedule();
  }

  #killGreedy(runner: RunnerProcess, { demands, limit }: Allowance, rssBytes: number): void {
    // Callers of one of them need not learn which others there are.
    if (demands.length > 1) {
      const names = demands.slice(0, MAX_NAMED).map(({ ref }) => formatModelRef(ref));
      const more = demands.length > MAX_NAMED ? ` and ${demands.length - MAX_NAMED} more` : '';
      const message = `runner '${runner.label}' takes too much memory; its models are ${names.join(', ')}${more}`;
      this.#settings.events.publish('diagnostic', { level: 'error', room: 'runtimes', message });
    }
    runner.kill(excessReason(demands, limit, rssBytes), { overMemory: true });
  }
}
