import { MillraceError, toMillraceError } from '../../core/index.js';
import type { Engine } from '../../engine/index.js';
import { composingModels, type ModelSource } from '../../repository/index.js';
import type { KnownSources } from './known-sources.js';
import { type LoadResult, LoadRound } from './load-round.js';
import type { ModelIndex } from './model-index.js';

interface SourceLoaderSetup {
  readonly engine: Engine;
  readonly known: KnownSources;
  readonly index: ModelIndex;
}

/** Loads versions into the engine, and again the ensembles that are made of what has changed. */
export class SourceLoader {
  readonly #setup: SourceLoaderSetup;

  constructor(setup: SourceLoaderSetup) {
    this.#setup = setup;
  }

  /** Loads that belong together. */
  createRound(): LoadRound {
    const { known, index } = this.#setup;
    const round: LoadRound = new LoadRound({
      load: (source) => this.#load(source, round),
      known: () => known.all,
      refuse: (source, { message }) => index.refuse(source, message),
    });
    return round;
  }

  async #load(source: ModelSource, round: LoadRound): Promise<LoadResult> {
    const { engine, known, index } = this.#setup;
    const before = index.facts(source.name);
    const result = await engine.load(source).catch(toMillraceError);
    if (result instanceof MillraceError && result.code === 'unavailable') known.letPollTryAgain(source);
    else known.settled(source);
    if (index.facts(source.name) !== before) await this.#renewEnsembles(source.name, round);
    return result;
  }

  /** Loads ensembles again that are made of a model that has changed, or has come back; their failures are their own. */
  async #renewEnsembles(name: string, round: LoadRound): Promise<void> {
    const { known, index } = this.#setup;
    const affected = known.all.filter(
      (source) => composingModels(source).includes(name) && index.wasTried(source) && !round.has(source),
    );
    await Promise.all(affected.map((source) => this.#load(source, round)));
  }
}
