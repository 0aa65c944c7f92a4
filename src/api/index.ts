/**
 * Room `api` (rank 1): the server's own API below `/millrace/v1`: its resources as plain types, its paths, and in `schemas` the same as
 * TypeBox. Runs in browsers.
 */
export type * from './access.js';
export type * from './audit.js';
export type * from './doctor.js';
export type * from './endpoint.js';
export * from './endpoints.js';
export type * from './errors.js';
export type * from './estimates.js';
export type * from './events.js';
export type * from './jobs.js';
export type * from './keys.js';
export type * from './labels.js';
export type * from './models.js';
export type * from './outcomes.js';
export type * from './payloads.js';
export type * from './quotas.js';
export type * from './reload.js';
export type * from './rollout-requests.js';
export type * from './rollouts.js';
export type * from './routes.js';
export type * from './shadows.js';
export type * from './slos.js';
export type * from './upgrade.js';
export type * from './usage.js';
export type * from './versions.js';
