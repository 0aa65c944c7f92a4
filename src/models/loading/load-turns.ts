import { HeldModels, type Hold } from './held-models.js';

/** The turn of full scans; no model can have this name. */
const ALL_MODELS = '';

/** Loads of one model run one after the other, and so do full scans. */
export class LoadTurns {
  /** The last thing in turn for each model. */
  readonly #last = new Map<string, Promise<unknown>>();
  readonly #held = new HeldModels();

  /** Runs a load of one model when those before it are over; it says which other models it needs. */
  take<Result>(name: string, load: (hold: Hold) => Promise<Result>): Promise<Result> {
    const turn = () => this.#held.during(load);
    const result = (this.#last.get(name) ?? Promise.resolve()).then(turn, turn);
    const over = result
      .catch(() => undefined)
      .then(() => {
        if (this.#last.get(name) === over) this.#last.delete(name);
      });
    this.#last.set(name, over);
    return result;
  }

  /** The same for what concerns all models. */
  takeAll<Result>(load: (hold: Hold) => Promise<Result>): Promise<Result> {
    return this.take(ALL_MODELS, load);
  }

  /** Resolves when no load under way needs the model any more. */
  async released(name: string): Promise<void> {
    for (let loads = this.#held.loadsWith(name); loads !== undefined; loads = this.#held.loadsWith(name)) await loads;
  }

  /** Resolves when everything that is in turn now is over. */
  async over(): Promise<void> {
    await Promise.all(this.#last.values());
  }
}
