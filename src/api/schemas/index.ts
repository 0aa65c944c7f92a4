/** The resources of the server's own API as TypeBox schemas, each equal to its plain type, and its endpoints as data. */
export * from './access.js';
export * from './audit.js';
export { DEFAULT_PAGE, MAX_PAGE } from './common.js';
export * from './doctor.js';
export type { CommonSpec, EndpointSpec, EndpointSpecs, QueryParameter } from './endpoint-spec.js';
export * from './errors.js';
export * from './events.js';
export * from './keys.js';
export * from './labels.js';
export * from './models.js';
export * from './outcomes.js';
export * from './quotas.js';
export * from './reload.js';
export * from './rollouts.js';
export * from './routes.js';
export * from './shadows.js';
export * from './usage.js';
export * from './versions.js';
