import type { Clock, EventBus, Timer } from '../../core/index.js';
import { readRss } from './rss.js';
import type { RunnerProcess } from './runner-process.js';

/** Where a limit comes from: several models may share a runner, whose largest limit counts. */
const LIMITS = 'limits.maxRssBytes of the model, else runners.maxRssBytes';

interface WatchSettings {
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly events: EventBus;
}

/** Looks at the resident memory of runners at an interval, makes it known and kills those above their limit. */
export class MemoryWatch {
  readonly #settings: WatchSettings;
  readonly #limits = new Map<RunnerProcess, number>();
  #timer: Timer | undefined;
  #looking = false;

  constructor(settings: WatchSettings) {
    this.#settings = settings;
  }

  /** Watches a runner until it ends; the largest limit given for it counts. */
  watch(runner: RunnerProcess, maxRssBytes: number): void {
    const before = this.#limits.get(runner);
    this.#limits.set(runner, Math.max(before ?? 0, maxRssBytes));
    if (before !== undefined) return;
    void runner.exited.then(() => this.#unwatch(runner));
    this.#schedule();
  }

  #unwatch(runner: RunnerProcess): void {
    this.#limits.delete(runner);
    if (this.#limits.size > 0) return;
    this.#timer?.clear();
    this.#timer = undefined;
  }

  #schedule(): void {
    if (this.#looking || this.#limits.size === 0) return;
    this.#timer ??= this.#settings.clock.setTimer(this.#settings.intervalMs, () => void this.#look());
  }

  async #look(): Promise<void> {
    this.#timer = undefined;
    this.#looking = true;
    const sizes = await readRss([...this.#limits.keys()].map((runner) => runner.pid));
    for (const [runner, limit] of this.#limits) {
      const rssBytes = sizes.get(runner.pid);
      if (rssBytes === undefined) continue;
      this.#settings.events.publish('runnerMemory', { runner: runner.label, pid: runner.pid, rssBytes });
      if (rssBytes > limit) runner.kill(`used ${formatMiB(rssBytes)}, limit ${formatMiB(limit)} (${LIMITS})`);
    }
    this.#looking = false;
    this.#schedule();
  }
}

function formatMiB(bytes: number): string {
  return `${Math.round(bytes / 1_048_576)} MiB`;
}
