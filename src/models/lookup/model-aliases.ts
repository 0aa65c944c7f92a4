import type { EventBus, InferTarget } from '../../core/index.js';
import type { Engine } from '../../engine/index.js';
import { formatArm, parseLabelledName } from '../../routing/index.js';

interface ModelAliasesSetup {
  readonly engine: Pick<Engine, 'serving'>;
  readonly events: EventBus;
  /** Whether a route has the name. */
  readonly isRoute: (name: string) => boolean;
  /** Models are still being found. */
  readonly starting: () => boolean;
}

interface ApplyOptions {
  /** Nothing more is being loaded: aliases that are not given any more end, and conflicts are reported. */
  readonly isFinal: boolean;
  /** The given models are all that there are. Default: others keep their aliases. */
  readonly isWhole?: boolean;
}

/** A further name of a model. */
export interface ModelAlias {
  readonly alias: string;
  readonly model: string;
}

const NONE: readonly string[] = [];

/**
 * Further names of models, from their configurations. A route of the same name comes first, and so does a model once it serves; of
 * several models with the same alias, the one that has had it longest, else the first by name.
 */
export class ModelAliases {
  readonly #setup: ModelAliasesSetup;
  /** Aliases by model. */
  readonly #given = new Map<string, readonly string[]>();
  /** Names of models that scans have found. */
  readonly #found = new Set<string>();
  /** Models by alias. */
  #models: ReadonlyMap<string, string> = new Map();
  #reported: ReadonlySet<string> = new Set();

  constructor(setup: ModelAliasesSetup) {
    this.#setup = setup;
  }

  /** The target by its model's own name, where it names the model by an alias, with a label or without. */
  resolve(target: InferTarget): InferTarget {
    if (this.#models.size === 0) return target;
    const model = this.#modelOf(target.name);
    if (model !== undefined) return { ...target, name: model };
    const labelled = parseLabelledName(target.name);
    if (labelled === undefined || this.#isTaken(target.name)) return target;
    const { name, label } = labelled;
    const other = this.#modelOf(name);
    return other === undefined ? target : { ...target, name: formatArm({ model: other, label }) };
  }

  /** Those in force, by name. */
  all(): readonly ModelAlias[] {
    const inForce = [...this.#models].filter(([alias]) => !this.#isTaken(alias));
    return inForce.map(([alias, model]) => ({ alias, model })).sort((one, other) => (one.alias < other.alias ? -1 : 1));
  }

  /** Takes the aliases that models have in their configurations now. */
  apply(given: ReadonlyMap<string, readonly string[]>, { isFinal, isWhole = false }: ApplyOptions): void {
    for (const [model, aliases] of given) {
      this.#found.add(model);
      const before = isFinal ? NONE : (this.#given.get(model) ?? NONE);
      const others = [...before, ...aliases].filter((alias) => alias !== model);
      if (others.length === 0) this.#given.delete(model);
      else this.#given.set(model, others);
    }
    if (isWhole) {
      for (const model of this.#given.keys()) if (!given.has(model)) this.#given.delete(model);
    }
    this.#renew();
    if (isFinal) this.#report();
  }

  /** Forgets the aliases of a model that is unloaded. */
  forget(model: string): void {
    if (this.#given.delete(model)) this.#renew();
  }

  #renew(): void {
    const models = new Map<string, string>();
    for (const model of [...this.#given.keys()].sort()) {
      for (const alias of this.#given.get(model) ?? NONE) {
        if (!models.has(alias) || this.#models.get(alias) === model) models.set(alias, model);
      }
    }
    this.#models = models;
  }

  #modelOf(name: string): string | undefined {
    const model = this.#models.get(name);
    return model === undefined || this.#isTaken(name) ? undefined : model;
  }

  #isTaken(name: string): boolean {
    const { engine, isRoute, starting } = this.#setup;
    // At a start, whichever model is ready first must not decide.
    return isRoute(name) || engine.serving(name).length > 0 || (starting() && this.#found.has(name));
  }

  /** Scans must not repeat a conflict in the log. */
  #report(): void {
    const conflicts = [...this.#given].flatMap(([model, aliases]) =>
      [...new Set(aliases)].flatMap((alias) => {
        const reason = this.#conflictOf(model, alias);
        return reason === undefined ? [] : [`${model}: the alias '${alias}' has no effect: ${reason}`];
      }),
    );
    for (const message of conflicts) {
      if (this.#reported.has(message)) continue;
      this.#setup.events.publish('diagnostic', { level: 'warn', room: 'repository', message });
    }
    this.#reported = new Set(conflicts);
  }

  #conflictOf(model: string, alias: string): string | undefined {
    const { engine, isRoute } = this.#setup;
    if (isRoute(alias)) return 'a route has this name';
    if (engine.serving(alias).length > 0) return 'a model has this name';
    const holder = this.#models.get(alias);
    return holder === model ? undefined : `model '${holder}' has this alias, too`;
  }
}
