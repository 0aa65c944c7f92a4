/** `millrace/runtime`: what a runtime outside of this package is written with. */
import { Type as Schema } from '@sinclair/typebox';

export {
  type Datatype,
  type ErrorCode,
  type FinishReason,
  MillraceError,
  type Parameters,
  type Signature,
  type Tensor,
  type TensorSpec,
  type Usage,
} from '../core/index.js';
export type {
  Batch,
  BatchItem,
  BatchTiming,
  CallModel,
  CostUnit,
  Description,
  Emission,
  Emit,
  LoadedModel,
  LoadSpec,
  ModelRequest,
  Room,
  Runtime,
  StatisticSpec,
} from './contract.js';
export type {
  ComposingModel,
  ConfiguredModel,
  PlacementKind,
  RuntimeFiles,
  RuntimeManifest,
  RuntimeOptions,
  RuntimeTask,
} from './manifest.js';
export type { RuntimeModule } from './registry.js';
export type { RuntimeContext } from './runtime-context.js';
export type { FromTriton, ToTriton, TritonMapping, TritonSettings } from './triton-mapping.js';

/** Makes the schema of a runtime's section (JSON Schema): what sections of `model.yaml` are made of, as in TypeBox. */
export const Type = {
  Object: Schema.Object,
  Optional: Schema.Optional,
  Array: Schema.Array,
  Union: Schema.Union,
  Literal: Schema.Literal,
  String: Schema.String,
  Boolean: Schema.Boolean,
  Integer: Schema.Integer,
  Number: Schema.Number,
};
