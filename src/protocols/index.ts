/** Room `protocols` (rank 6): one folder a dialect. They decode and encode; they decide nothing and hold no state. */
export { Decoder } from './decoding/decoder.js';
export * from './grpc/load.js';
export * from './grpc/method.js';
export * from './grpc/status.js';
export { parseForwardPattern } from './oip/forward-headers.js';
export { createGenerateHandler, type GenerateHandler } from './oip/generate.js';
export * from './oip/infer.js';
export * from './oip/openapi.js';
export { GENERATE_ROUTES } from './oip/openapi-generate.js';
export * from './oip/routes.js';
export * from './oip/routes-match.js';
export * from './oip/status.js';
export * from './route.js';
export * from './wire.js';
