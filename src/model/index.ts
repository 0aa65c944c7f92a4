/** `millrace/model`: what a model in TypeScript is written with. */
export type { Datatype, ErrorCode, NumericArray, Parameters, ParameterValue } from '../core/index.js';
export type * from './context.js';
export * from './define-model.js';
export { ModelError } from './errors.js';
export type * from './tensors.js';
