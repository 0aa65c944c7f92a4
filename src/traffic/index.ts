/** Room `traffic` (rank 7): which version of a model a caller gets: labels, routes, shadows, outcomes, rollouts, and how well it is served. */

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
export type {
  AppliedRoutes,
  DeclaredRoute,
  RouteChange,
  RouteRevision,
  RouteUseCases,
} from './routes/types.js';
export type { ShadowUseCases } from './shadows/types.js';
export type { SloGauge, SloReport, SloUseCases } from './slos/types.js';
export { type LiveTraffic, Traffic, type TrafficSetup } from './traffic.js';
export type { TrafficUseCases } from './types.js';
