import { MillraceError, msg, namedModel } from '../core/index.js';
import type { ModelSource } from '../repository/index.js';
import type { Generation } from './generation/generation.js';

/** Counts the instances of all models, those that are being loaded included, against `engine.maxInstances`. */
export class InstanceQuota {
  readonly #maxInstances: number;
  readonly #generations: () => Iterable<Generation>;
  /** Of generations that are being loaded. */
  #loading = 0;

  constructor(maxInstances: number, generations: () => Iterable<Generation>) {
    this.#maxInstances = maxInstances;
    this.#generations = generations;
  }

  /** Takes room for the instances of a source while it is loaded. Throws `resource_exhausted`. */
  async whileLoading<Result>(source: ModelSource, load: () => Promise<Result>): Promise<Result> {
    const { count = 1, background = 0 } = source.config.instances ?? {};
    const wanted = count + background;
    let used = this.#loading;
    for (const generation of this.#generations()) used += generation.info.instances;
    if (used + wanted > this.#maxInstances) {
      throw new MillraceError(
        'resource_exhausted',
        msg`${namedModel(source)} needs ${wanted} instances, but ${used} of engine.maxInstances ${this.#maxInstances} are taken`,
      );
    }
    this.#loading += wanted;
    try {
      return await load();
    } finally {
      this.#loading -= wanted;
    }
  }
}
