import type { Clock, EventBus, Timer } from '../../core/index.js';
import { readProcessStates } from './process-states.js';
import type { RunnerProcess } from './runner-process.js';

/** Where a limit comes from: several models may share a runner, whose largest limit counts. */
const LIMITS = 'limits.maxRssBytes of the model, else runners.maxRssBytes';

interface WatchSettings {
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly events: EventBus;
}

/** How long a signal may have stopped a runner before it is taken for hung: requests for it would wait. */
const MAX_STOPPED_MS = 2_000;

interface Watched {
  limitBytes: number;
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

  /** Watches a runner until it ends; the largest limit given for it counts. */
  watch(runner: RunnerProcess, maxRssBytes: number): void {
    const known = this.#watched.get(runner);
    if (known !== undefined) {
      known.limitBytes = Math.max(known.limitBytes, maxRssBytes);
      return;
    }
    this.#watched.set(runner, { limitBytes: maxRssBytes, stoppedAt: undefined });
    void runner.exited.then(() => this.#unwatch(runner));
    this.#schedule();
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
      this.#settings.events.publish('runnerMemory', { runner: runner.label, pid: runner.pid, rssBytes });
      const { limitBytes } = watched;
      if (rssBytes > limitBytes) {
        runner.kill(`used ${formatMiB(rssBytes)}, limit ${formatMiB(limitBytes)} (${LIMITS})`, { overMemory: true });
      }
      watched.stoppedAt = stopped ? (watched.stoppedAt ?? now) : undefined;
      if (watched.stoppedAt !== undefined && now - watched.stoppedAt >= MAX_STOPPED_MS) {
        runner.kill(`was stopped by a signal for ${MAX_STOPPED_MS / 1000} s`);
      }
    }
    this.#looking = false;
    this.#schedule();
  }
}

function formatMiB(bytes: number): string {
  return `${Math.round(bytes / 1_048_576)} MiB`;
}
