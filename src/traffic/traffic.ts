import type { BodyMemory, Clock, DeadlineWatch, EventBus, ModelRef } from '../core/index.js';
import type { Engine } from '../engine/index.js';
import type { Audited, PrepareChange } from '../governance/index.js';
import type { InferCopy, InferenceObserver } from '../inference/index.js';
import type { VersionLabels, VersionLookup } from '../models/index.js';
import type { RepositoryOptions } from '../repository/index.js';
import type { SlosOptions } from '../slos/index.js';
import type { Store } from '../store/index.js';
import { Declared } from './declarations/declared.js';
import { DeclaredLabels } from './labels/declared-labels.js';
import { createLabelUseCases } from './labels/label-use-cases.js';
import { sayMisfit, sayUsed } from './labels/label-users.js';
import { createOutcomes } from './outcomes/outcome-use-cases.js';
import { DeclaredRollouts } from './rollouts/declared-rollouts.js';
import { FileRollouts } from './rollouts/file-rollouts.js';
import { fileRolloutsChange } from './rollouts/file-rollouts-change.js';
import { presenceOf } from './rollouts/presence.js';
import { createRolloutUseCases } from './rollouts/rollout-use-cases.js';
import { Rollouts } from './rollouts/rollouts.js';
import type { WrittenRollouts } from './rollouts/types.js';
import { DeclaredRoutes } from './routes/declared-routes.js';
import { FileRoutes } from './routes/file-routes.js';
import { fileRoutesChange } from './routes/file-routes-change.js';
import { isCompared } from './routes/is-compared.js';
import { RouteTable } from './routes/route-table.js';
import { createRouteObserver, RouteTaps } from './routes/route-taps.js';
import { createRouteUseCases } from './routes/route-use-cases.js';
import type { WrittenFileRoutes, WrittenRoutes } from './routes/types.js';
import { ShadowBooks } from './shadows/shadow-books.js';
import { createShadowUseCases } from './shadows/shadow-use-cases.js';
import { Shadows } from './shadows/shadows.js';
import { Slos } from './slos/slos.js';
import type { SloGauge } from './slos/types.js';
import type { TrafficUseCases } from './types.js';

export interface TrafficSetup {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly deadlines: DeadlineWatch;
  readonly bodies: BodyMemory | undefined;
  readonly events: EventBus;
  readonly store: Store;
  readonly fileRoutes: WrittenFileRoutes;
  readonly fileRollouts: WrittenRollouts;
  readonly slos: SlosOptions;
  readonly options: Pick<RepositoryOptions, 'controlMode'>;
}

export interface TrafficParts {
  readonly labels: VersionLabels;
  readonly lookup: VersionLookup;
  readonly audited: Audited;
  readonly inferCopy: InferCopy;
}

/** The settings of traffic that change while the server runs. */
export interface LiveTraffic {
  readonly routes: WrittenRoutes;
  readonly rollouts: WrittenRollouts;
}

/** Which callers get which version of a model: labels, routes, shadows, outcomes, rollouts and SLOs. */
export class Traffic {
  readonly useCases: TrafficUseCases;
  readonly routes: RouteTable;
  /** Labels that were declared through the API. */
  readonly declaredLabels: DeclaredLabels;
  /** Sees the requests of routes. */
  readonly observer: InferenceObserver;
  /** The settings that follow a changed file. */
  readonly fromFile: readonly PrepareChange<LiveTraffic>[];
  readonly #lookup: VersionLookup;
  readonly #declared: Declared;
  readonly #books: ShadowBooks;
  readonly #shadows: Shadows;
  readonly #outcomes: ReturnType<typeof createOutcomes>;
  readonly #slos: Slos;
  readonly #rollouts: Rollouts;
  readonly #declaredRollouts: DeclaredRollouts;

  constructor(setup: TrafficSetup, parts: TrafficParts) {
    const { engine, store } = setup;
    const { labels, lookup, audited } = parts;
    this.#lookup = lookup;
    const declared = new Declared(setup);
    this.#declared = declared;
    const books = new ShadowBooks({ ...setup, snapshots: store.snapshots });
    this.#books = books;
    const fileRoutes = new FileRoutes(setup.fileRoutes);
    const fileRollouts = new FileRollouts(setup.fileRollouts);
    const loadedOnRequest = setup.options.controlMode === 'explicit';
    const routes = new RouteTable({ ...setup, lookup });
    this.routes = routes;
    routes.replace('file', fileRoutes.routes);
    const taps = new RouteTaps();
    const shadows = new Shadows({ ...setup, ...parts, books });
    this.#shadows = shadows;
    taps.add(shadows);
    this.#slos = new Slos(setup.slos, { ...setup, snapshots: store.snapshots });
    const outcomes = createOutcomes({ ...setup, records: store.outcomes, routes });
    this.#outcomes = outcomes;
    taps.add(outcomes.tap);
    this.observer = createRouteObserver(routes, taps);
    const modelNames = () => engine.statuses().map(({ name }) => name);
    const declaredLabels = new DeclaredLabels({
      ...setup,
      declared,
      labels,
      sayUsed: (model, difference) => sayUsed({ rollouts, routes }, model, difference),
      sayMisfit: (model, differences) => sayMisfit({ routes, lookup }, model, differences),
    });
    this.declaredLabels = declaredLabels;
    const declaredRoutes = new DeclaredRoutes({ ...setup, fileRoutes, declared, table: routes, lookup, modelNames });
    const rollouts: Rollouts = new Rollouts({
      ...setup,
      routes,
      taps,
      labels: declaredLabels,
      presenceOf: (name, version) => presenceOf({ ...lookup, loadedOnRequest }, { name, version }),
    });
    this.#rollouts = rollouts;
    outcomes.onJoined((joined) => rollouts.onOutcome(joined));
    const rolling = { ...setup, fileRollouts, lookup, routes, labels: declaredLabels, rollouts };
    this.#declaredRollouts = new DeclaredRollouts(rolling);
    this.useCases = {
      labels: createLabelUseCases({ lookup, labels, declared, declaredLabels, audited, modelNames }),
      routes: createRouteUseCases({ table: routes, fileRoutes, declared, declaredRoutes, audited }),
      shadows: createShadowUseCases({ shadows, books, routes, audited, wallNow: () => setup.clock.wallNow() }),
      outcomes: outcomes.useCases,
      rollouts: createRolloutUseCases({ ...rolling, audited }),
      slos: this.#slos.useCases,
    };
    this.fromFile = [
      fileRoutesChange({ ...setup, ...parts, fileRoutes, table: routes, modelNames }),
      fileRolloutsChange(fileRollouts, () => this.#declaredRollouts.check()),
    ];
  }

  /** Whether a version's answers are being compared with those of another one. */
  compares(ref: ModelRef): boolean {
    const isInRollout = (model: string) => this.#rollouts.of(model) !== undefined;
    return isCompared({ isInRollout, routes: this.routes, lookup: this.#lookup }, ref);
  }

  /** For metrics. */
  sloGauges(): readonly SloGauge[] {
    return this.#slos.gauges();
  }

  /** Puts what was declared in force, and reads the counts of shadows and SLOs. */
  async load(): Promise<void> {
    await Promise.all([this.#declared.load(), this.#books.load(), this.#slos.load()]);
  }

  /** Goes on with the rollouts that have begun. */
  resume(): Promise<void> {
    return this.#rollouts.resume();
  }

  /** The models asked for at start are there: begins the rollouts that the settings declare. */
  start(): void {
    this.#declaredRollouts.start();
  }

  /** Takes what other processes have declared, and what they have done to rollouts. Rejects where it cannot be read. */
  async catchUp(): Promise<void> {
    // Its label moves before a rollout ends.
    await this.#declared.catchUp();
    await this.#rollouts.catchUp();
  }

  /** Requests are still answered, but none is copied any more. */
  stopShadows(): void {
    this.#shadows.stop();
  }

  async closeRollouts(): Promise<void> {
    await this.#declaredRollouts.close();
    await this.#rollouts.close();
  }

  /** Stores the counts of shadows, outcomes and SLOs. */
  async close(): Promise<void> {
    await this.#slos.close();
    await this.#books.close();
    await this.#outcomes.close();
  }
}
