/** Room `traffic` (rank 7): which version of a model a caller gets: labels, routes, shadows, outcomes, rollouts. */

export { Declared } from './declarations/declared.js';
export { type Expected, StaleChange } from './declarations/expected.js';
export type { LabelOfModel, LabelsOfModel, LabelsRevision, LabelUseCases } from './labels/types.js';
export type { Effect } from './outcomes/effect.js';
export type { ArmReport, OutcomeReport, OutcomeUseCases } from './outcomes/types.js';
export { RolloutsOptionsSchema } from './rollouts/options.js';
export type {
  PastRollout,
  RolloutGauge,
  RolloutOptions,
  RolloutReport,
  RolloutUseCases,
  StandingRollout,
  WrittenRollouts,
} from './rollouts/types.js';
export { OwnedRoutes } from './routes/owned-routes.js';
export type { RouteTable } from './routes/route-table.js';
export type {
  DeclaredRoute,
  RouteChange,
  RouteRevision,
  RouteUseCases,
  WrittenFileRoutes,
  WrittenRoutes,
} from './routes/types.js';
export { ShadowBooks } from './shadows/shadow-books.js';
export type { ShadowUseCases } from './shadows/types.js';
export { createTraffic, type Traffic } from './traffic.js';
export type { TrafficUseCases } from './types.js';
