/** `millrace/client`: a typed client of inference servers; runs in browsers, too. */
export type {
  Datatype,
  ErrorCode,
  NumericArray,
  ParameterScalar as ParameterValue,
  ScalarParameters,
} from '../core/index.js';
export {
  type ApiAnswer,
  type ApiRequest,
  connectApi,
  type JobAnswer,
  type JobAnswerOptions,
  type MillraceApi,
} from './api.js';
export {
  type Chat,
  type ChatMessage,
  type ChatPiece,
  type ChatRequest,
  type ChatUsage,
  connectChat,
} from './chat.js';
export { connect, type LoadOptions, type MillraceClient, type UnloadOptions } from './client.js';
export type { ClientOptions } from './connection.js';
export { parseServerTiming, toOutput, toResult } from './decode.js';
export { type EncodedRequest, encodeGenerate, encodeRequest } from './encode.js';
export { MillraceClientError } from './errors.js';
export type { ClassifyOptions, ModelClient, StreamOptions } from './model.js';
export { rankedOutput } from './ranked-output.js';
export type { RetryPolicy } from './retry.js';
export { ShapeError, toTensor, toTensors } from './to-tensor.js';
export { underlyingFailure } from './transport.js';
export type * from './types.js';
export { parseWireJson } from './wire-json.js';
