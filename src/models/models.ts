import type { Clock, EventBus } from '../core/index.js';
import type { Engine } from '../engine/index.js';
import type { Audited } from '../governance/index.js';
import type { KnownNeed } from '../memory/index.js';
import type { DeclaredLabelVersions, ModelSource, Repository, RepositoryOptions } from '../repository/index.js';
import type { KeptRepository } from './loading/kept-repositories.js';
import { createManagement } from './loading/manage-models.js';
import { ModelController } from './loading/model-controller.js';
import type { ModelPuller } from './loading/parts.js';
import type { LabelDeclarations } from './loading/reload-models.js';
import type { FormatUnknownModel } from './lookup/absence.js';
import type { VersionLookup } from './lookup/find-version.js';
import type { VersionLabels } from './lookup/version-labels.js';
import { MediaDecoders } from './media/decoders.js';
import type { MediaOptions } from './media/options.js';
import { MemoryNeeds } from './memory/memory-needs.js';
import { createModelReports } from './reports/model-reports.js';
import { createModelUseCases, type NamedRoutes } from './reports/model-use-cases.js';
import type { ModelUseCases } from './types.js';

export interface ModelsSetup {
  readonly repository: Repository;
  readonly puller: ModelPuller;
  readonly engine: Engine;
  readonly options: RepositoryOptions;
  readonly media: MediaOptions;
  readonly clock: Clock;
  readonly events: EventBus;
  /** Shared with the repository, which selects versions by it. */
  readonly declaredLabels: DeclaredLabelVersions;
  /** Whether a route has the name. */
  readonly isRoute: (name: string) => boolean;
  /** Default: millrace's own words. */
  readonly formatUnknown?: FormatUnknownModel;
}

/** Other rooms, as the use cases about models need them. */
interface ModelsParts {
  readonly routes: NamedRoutes;
  readonly labels: LabelDeclarations;
  readonly audited: Audited;
}

/** The models of a server: loaded, unloaded, named and reported. */
export class Models {
  readonly lookup: VersionLookup;
  readonly labels: VersionLabels;
  /** Of pictures and sounds. */
  readonly decoders: MediaDecoders;
  readonly #setup: ModelsSetup;
  readonly #controller: ModelController;
  readonly #needs: MemoryNeeds;

  constructor(setup: ModelsSetup) {
    const { engine } = setup;
    const controller = new ModelController(setup);
    this.#setup = setup;
    this.#controller = controller;
    this.#needs = new MemoryNeeds({ ...setup, sourceOf: (name, version) => controller.sourceOf(name, version) });
    this.labels = controller.labels;
    this.decoders = new MediaDecoders({ ...setup, options: setup.media });
    this.lookup = {
      engine,
      labels: controller.labels,
      aliases: controller.aliases,
      unselected: (model) => controller.unselected(model),
      starting: () => !controller.started,
      formatUnknown: setup.formatUnknown,
    };
  }

  useCases({ routes, labels, audited }: ModelsParts): ModelUseCases {
    const parts = { engine: this.#setup.engine, lookup: this.lookup, routes, needs: this.#needs };
    return {
      ...createModelUseCases(parts),
      ...createModelReports(parts),
      ...createManagement(this.#setup, { controller: this.#controller, audited, declaredLabels: labels }),
    };
  }

  /** Every model asked for at start is ready or has failed. */
  get started(): boolean {
    return this.#controller.started;
  }

  /** Repositories whose last scan is not followed. */
  get keptRepositories(): readonly KeptRepository[] {
    return this.#controller.keptRepositories;
  }

  /** The memory that a version needs; undefined where it would live in the server itself. */
  memoryNeedOf(source: ModelSource): KnownNeed | undefined {
    return this.#needs.ofSource(source);
  }

  /** Loads what the control mode says; rejects only in `strict` mode, with everything that did not load. */
  start(): Promise<void> {
    return this.#controller.start();
  }

  /** Loads a model again whose files have changed, as it was asked for last; rejects when it cannot be. */
  reload(name: string): Promise<void> {
    return this.#controller.reload(name);
  }

  close(): Promise<void> {
    this.#needs.close();
    return this.#controller.close();
  }
}
