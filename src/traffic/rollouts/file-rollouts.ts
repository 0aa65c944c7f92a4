import { MillraceError } from '../../core/index.js';
import type { RolloutConfig, RolloutsOptions } from './options.js';
import type { RolloutOptions, WrittenRollouts } from './types.js';

/** The rollouts that the settings declare now. */
export class FileRollouts {
  #written: WrittenRollouts;

  /** The settings have been checked. */
  constructor(written: WrittenRollouts) {
    this.#written = written;
  }

  get configs(): RolloutsOptions {
    return this.#written.configs;
  }

  replace(written: WrittenRollouts): void {
    this.#written = written;
  }

  /** Throws `failed_precondition` where the settings say what a model is rolled out to. */
  checkFree(model: string): void {
    const { configs, places } = this.#written;
    if (!Object.hasOwn(configs, model)) return;
    const place = places[model] || 'the settings';
    const message = `${place} declares the rollout of '${model}': change it there, or its \`attempt\` to run it again`;
    throw new MillraceError('failed_precondition', message);
  }
}

/** A declared rollout as one that is started. */
export function toRolloutOptions({ attempt: _, from: __, ...options }: RolloutConfig): RolloutOptions {
  return options as RolloutOptions;
}

/** The identity of a declared rollout, which runs once. */
export function declarationOf(config: RolloutConfig, stable: number): string {
  return JSON.stringify(sorted({ attempt: config.attempt, from: stable, ...toRolloutOptions(config) }));
}

/** Members in order of their names, so that a file may have them in any. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(
    entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, member]) => [name, sorted(member)]),
  );
}
