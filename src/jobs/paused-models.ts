import { SerialQueue } from '../async/index.js';
import type { Snapshots } from '../store/index.js';

const PAUSED = { kind: 'jobs', name: 'paused' } as const;

/** Models of which no job, and no request of a batch, starts; kept in the store. */
export class PausedModels {
  readonly #snapshots: Snapshots;
  readonly #changes = new SerialQueue();
  #names: ReadonlySet<string> = new Set();
  #isLoaded = false;
  readonly #listeners: (() => void)[] = [];
  #countHeld: (model: string) => number = () => 0;

  constructor(snapshots: Snapshots) {
    this.#snapshots = snapshots;
  }

  has(model: string): boolean {
    return this.#names.has(model);
  }

  names(): Iterable<string> {
    return this.#names;
  }

  /** Called after each change. */
  onChanged(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Says how many batches wait for a model to be resumed. */
  countHeldBy(count: (model: string) => number): void {
    this.#countHeld = count;
  }

  heldBatches(model: string): number {
    return this.#countHeld(model);
  }

  /** Reads them from the store again. */
  reload(): Promise<void> {
    return this.#changes.run(() => {
      this.#isLoaded = false;
      return this.#load();
    });
  }

  /** Reads them from the store, once. */
  load(): Promise<void> {
    return this.#changes.run(() => this.#load());
  }

  /** Resolves once it is stored. */
  set(model: string, isPaused: boolean): Promise<void> {
    return this.#changes.run(async () => {
      await this.#load();
      if (this.#names.has(model) === isPaused) return;
      const names = new Set(this.#names);
      if (isPaused) names.add(model);
      else names.delete(model);
      await this.#snapshots.put(PAUSED.kind, PAUSED.name, [...names]);
      this.#names = names;
      for (const listener of this.#listeners) listener();
    });
  }

  async #load(): Promise<void> {
    if (this.#isLoaded) return;
    const names = await this.#snapshots.get(PAUSED.kind, PAUSED.name);
    // It was written by this class.
    this.#names = new Set((names as readonly string[] | undefined) ?? []);
    this.#isLoaded = true;
  }
}
