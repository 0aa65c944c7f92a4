/** Room `protocols` (rank 6): one folder a dialect. They decode and encode; they decide nothing and hold no state. */
export * from './built-in.js';
export { Claims } from './claims.js';
export { Decoder } from './decoding/decoder.js';
export type { Decoded, DecodeFunction } from './decoding/jobs.js';
export * from './dialect.js';
export { createDialectContext, parseForwardPattern } from './dialect-context.js';
export * from './grpc/load.js';
export * from './grpc/method.js';
export { encodeRetryInfo } from './grpc/retry-info.js';
export * from './grpc/status.js';
export { readCsv } from './invocations/csv.js';
export * from './openapi.js';
export * from './route.js';
export type { SharedMembers } from './shared-members.js';
export * from './shared-routes.js';
export type { SwitchOptions } from './switch-options.js';
export * from './wire.js';
