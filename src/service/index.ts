/** Room `service` (rank 5): the product's use cases. No bytes, status codes, SQL or vendors. */

export type * from './access/types.js';
export { type Expected, StaleChange } from './declarations/expected.js';
export type { DoctorUseCases, Examination } from './doctor/doctor-use-cases.js';
export type * from './events/types.js';
export { UnknownLabelError } from './find-version.js';
export { checkKeyWish } from './keys/check-key-wish.js';
export type { KeyParts } from './keys/key-holders.js';
export type * from './keys/types.js';
export type * from './labels/types.js';
export type { KeptRepository } from './loading/kept-repositories.js';
export { MediaOptionsSchema } from './media/options.js';
export type { Effect } from './outcomes/effect.js';
export type * from './outcomes/types.js';
export { PrincipalStore, type PrincipalStoreLimits } from './principal-store.js';
export type * from './quotas/types.js';
export * from './reload/reload-result.js';
export { ReloadFailed } from './reload/reload-use-cases.js';
export type { ChangeSettings } from './reload/settings-change.js';
export type * from './reload/types.js';
export { RolloutsOptionsSchema } from './rollouts/options.js';
export type * from './rollouts/types.js';
export type * from './routes/types.js';
export { type CreateServiceOptions, createService, type ServiceLife } from './service.js';
export * from './shadows/types.js';
export * from './types.js';
export type * from './usage/types.js';
