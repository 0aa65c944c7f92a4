import type { Static } from '@sinclair/typebox';
import type { DeepReadonly } from '../core/index.js';
import type { Dialect, DialectContext } from './dialect.js';
import type { BodyHandlers } from './invocations/body-handlers.js';
import { createKserveDialect } from './kserve/dialect.js';
import { KserveOptionsSchema } from './kserve/options.js';
import { createOipDialect } from './oip/dialect.js';
import { createForwarding } from './oip/forward-headers.js';
import { createGenerateHandler } from './oip/generate.js';
import { createInferHandler } from './oip/infer.js';
import { OipOptionsSchema } from './oip/options.js';
import { createTextHandlers } from './openai/answer-text.js';
import { createOpenAiDialect } from './openai/dialect.js';
import { OpenAiOptionsSchema } from './openai/options.js';
import { createSageMakerDialect } from './sagemaker/dialect.js';
import { SageMakerOptionsSchema } from './sagemaker/options.js';
import { type SwitchOptions, withPorts } from './switch-options.js';
import { createTfsDialect } from './tfs/dialect.js';
import { TfsOptionsSchema } from './tfs/options.js';
import { createTorchServeDialect } from './torchserve/dialect.js';
import { TorchServeOptionsSchema } from './torchserve/options.js';
import { createVertexDialect } from './vertex/dialect.js';
import { VertexOptionsSchema } from './vertex/options.js';

/** The settings of the built-in dialects, under their names. */
export const DIALECT_OPTIONS = {
  oip: OipOptionsSchema,
  openai: OpenAiOptionsSchema,
  kserve: KserveOptionsSchema,
  tfs: TfsOptionsSchema,
  torchserve: TorchServeOptionsSchema,
  sagemaker: SageMakerOptionsSchema,
  vertex: VertexOptionsSchema,
} as const;

export type DialectOptions = {
  readonly [Name in keyof typeof DIALECT_OPTIONS]: DeepReadonly<Static<(typeof DIALECT_OPTIONS)[Name]>>;
};

/** The built-in dialects, those that are on and those that are off. */
export interface BuiltInDialects {
  readonly spoken: readonly Dialect[];
  /** Who asks for what they would serve is told how to switch them on. */
  readonly switchedOff: readonly Dialect[];
}

export function createBuiltInDialects(context: DialectContext, options: DialectOptions): BuiltInDialects {
  /** Platforms pass on bodies of any of these. */
  const handlers: BodyHandlers = {
    infer: createInferHandler(context),
    generate: createGenerateHandler(context),
    ...createTextHandlers(context),
    forward: createForwarding(context),
  };
  const all: readonly (readonly [Dialect, SwitchOptions])[] = [
    [createOipDialect(context), options.oip],
    [createOpenAiDialect(context, options.openai), options.openai],
    [createKserveDialect(context), options.kserve],
    [createTfsDialect(context), options.tfs],
    [createTorchServeDialect(context), options.torchserve],
    [createSageMakerDialect(context, options.sagemaker, handlers), options.sagemaker],
    [createVertexDialect(context, options.vertex, handlers), options.vertex],
  ];
  return {
    spoken: all.flatMap(([dialect, option]) => (option.enabled ? [withPorts(dialect, option)] : [])),
    switchedOff: all.flatMap(([dialect, option]) => (option.enabled ? [] : [dialect])),
  };
}
