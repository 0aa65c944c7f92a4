import type { BodyMemory, Clock, DeadlineWatch, EventBus, ModelRef } from '../core/index.js';
import type { Engine } from '../engine/index.js';
import type { Audited } from '../governance/index.js';
import type { InferCopy } from '../inference/index.js';
import type { VersionLabels, VersionLookup } from '../models/index.js';
import type { RepositoryOptions } from '../repository/index.js';
import type { Store } from '../store/index.js';
import type { Declared } from './declarations/declared.js';
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
import type { OwnedRoutes } from './routes/owned-routes.js';
import { RouteTable } from './routes/route-table.js';
import { createRouteObserver, RouteTaps } from './routes/route-taps.js';
import { createRouteUseCases } from './routes/route-use-cases.js';
import type { WrittenFileRoutes } from './routes/types.js';
import type { ShadowBooks } from './shadows/shadow-books.js';
import { createShadowUseCases } from './shadows/shadow-use-cases.js';
import { Shadows } from './shadows/shadows.js';
import type { TrafficUseCases } from './types.js';

interface TrafficSetup {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly deadlines: DeadlineWatch;
  readonly bodies: BodyMemory | undefined;
  readonly events: EventBus;
  readonly store: Store;
  readonly fileRoutes: WrittenFileRoutes;
  readonly fileRollouts: WrittenRollouts;
  readonly options: Pick<RepositoryOptions, 'controlMode'>;
}

interface TrafficParts {
  readonly labels: VersionLabels;
  readonly ownedRoutes: OwnedRoutes;
  readonly declared: Declared;
  readonly books: ShadowBooks;
  readonly lookup: VersionLookup;
  readonly audited: Audited;
  readonly inferCopy: InferCopy;
}

export type Traffic = ReturnType<typeof createTraffic>;

/** Who gets which version of a model: labels, routes, shadows and rollouts, and the use cases about them. */
export function createTraffic(setup: TrafficSetup, parts: TrafficParts) {
  const { labels, ownedRoutes, declared, books, lookup, audited, inferCopy } = parts;
  const { engine } = setup;
  const fileRoutes = new FileRoutes(setup.fileRoutes);
  const fileRollouts = new FileRollouts(setup.fileRollouts);
  const loadedOnRequest = setup.options.controlMode === 'explicit';
  const routes = new RouteTable({ ...setup, lookup, ownedRoutes });
  routes.replace('file', fileRoutes.routes);
  const taps = new RouteTaps();
  const shadows = new Shadows({ ...setup, inferCopy, lookup, books });
  taps.add(shadows);
  const outcomes = createOutcomes({ ...setup, records: setup.store.outcomes, routes });
  taps.add(outcomes.tap);
  const modelNames = () => engine.statuses().map(({ name }) => name);
  const declaredLabels = new DeclaredLabels({
    ...setup,
    declared,
    labels,
    sayUsed: (model, difference) => sayUsed({ rollouts, routes }, model, difference),
    sayMisfit: (model, differences) => sayMisfit({ routes, lookup }, model, differences),
  });
  const declaredRoutes = new DeclaredRoutes({ ...setup, fileRoutes, declared, table: routes, lookup, modelNames });
  const rollouts: Rollouts = new Rollouts({
    ...setup,
    routes,
    taps,
    labels: declaredLabels,
    presenceOf: (name, version) => presenceOf({ ...lookup, loadedOnRequest }, { name, version }),
  });
  outcomes.onJoined((joined) => rollouts.onOutcome(joined));
  const useCases: TrafficUseCases = {
    labels: createLabelUseCases({ lookup, labels, declared, declaredLabels, audited, modelNames }),
    routes: createRouteUseCases({ table: routes, fileRoutes, declared, declaredRoutes, audited }),
    shadows: createShadowUseCases({ shadows, books, routes, audited, wallNow: () => setup.clock.wallNow() }),
    outcomes: outcomes.useCases,
    rollouts: createRolloutUseCases({
      ...setup,
      fileRollouts,
      lookup,
      routes,
      labels: declaredLabels,
      rollouts,
      audited,
    }),
  };
  const declaredRollouts = new DeclaredRollouts({
    ...setup,
    fileRollouts,
    rollouts,
    lookup,
    routes,
    labels: declaredLabels,
  });
  const fromFile = [
    fileRoutesChange({ ...setup, ...parts, fileRoutes, table: routes, modelNames }),
    fileRolloutsChange(fileRollouts, () => declaredRollouts.check()),
  ];
  const compares = (ref: ModelRef) =>
    isCompared({ isInRollout: (model) => rollouts.of(model) !== undefined, routes, lookup }, ref);
  const observer = createRouteObserver(routes, taps);
  return {
    routes,
    observer,
    fromFile,
    declaredLabels,
    shadows,
    outcomes,
    rollouts,
    declaredRollouts,
    compares,
    useCases,
  };
}
