/** `millrace/runtime`: what a runtime outside of this package is written with. */
import { Type as Schema } from '@sinclair/typebox';

export {
  type ClassificationSpec,
  type Datatype,
  type EmbeddingSpec,
  type ErrorCode,
  type FinishReason,
  type GenerationDelta,
  type GenerationParameters,
  type GenerationRequest,
  type GenerationSpec,
  MillraceError,
  type ModelTask,
  type ModelTasks,
  type Parameters,
  type Prompt,
  type RankingSpec,
  type Signature,
  type Tensor,
  type TensorSpec,
  type TokenLogprob,
  type ToolCallDelta,
  type Usage,
} from '../core/index.js';
export {
  type Conversation,
  generationSignature,
  type Message,
  type OfferedTool,
  readToolUse,
  type Tool,
  type ToolUse,
  unpackConversation,
} from '../generation/index.js';
export {
  type PoolingInput,
  type PoolingParameters,
  poolingInputOfTensors,
  poolingSignature,
  readPoolingParameters,
} from '../pooling/index.js';
export type { Batch, BatchItem, BatchTiming, Emission, Emit, Room } from './batch.js';
export type { LoadedModel, LoadSpec, Runtime } from './contract.js';
export type { CostUnit, Description, StatisticSpec } from './description.js';
export type {
  ComposingModel,
  ConfiguredModel,
  PlacementKind,
  RuntimeFiles,
  RuntimeManifest,
  RuntimeOptions,
} from './manifest.js';
export type { CallModel, ModelRequest } from './model-calls.js';
export type { PreparedAnswer, PreparedRequest, Preparer } from './preparer.js';
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
