import type { Static } from '@sinclair/typebox';
import type { DeepReadonly } from '../core/index.js';
import type { Dialect, DialectContext } from './dialect.js';
import type { BodyHandlers } from './invocations/body-handlers.js';
import { KserveOptionsSchema } from './kserve/options.js';
import { MillraceOptionsSchema } from './millrace/options.js';
import { OipOptionsSchema } from './oip/options.js';
import { OpenAiOptionsSchema } from './openai/options.js';
import { SageMakerOptionsSchema } from './sagemaker/options.js';
import { withPorts } from './switch-options.js';
import { TfsOptionsSchema } from './tfs/options.js';
import { TorchServeOptionsSchema } from './torchserve/options.js';
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
  millrace: MillraceOptionsSchema,
} as const;

export type DialectOptions = {
  readonly [Name in keyof typeof DIALECT_OPTIONS]: DeepReadonly<Static<(typeof DIALECT_OPTIONS)[Name]>>;
};

type DialectName = keyof DialectOptions;

/** Names of the gRPC services that dialects serve, for who asks for one that is off. */
const GRPC_SERVICES: { readonly [Name in DialectName]?: readonly string[] } = {
  oip: ['inference.GRPCInferenceService'],
  tfs: ['tensorflow.serving.PredictionService', 'tensorflow.serving.ModelService'],
  torchserve: [
    'org.pytorch.serve.grpc.inference.InferenceAPIsService',
    'org.pytorch.serve.grpc.management.ManagementAPIsService',
  ],
};

/** A built-in dialect that is off. */
export interface SwitchedOff {
  readonly name: string;
  readonly grpcServices: readonly string[];
  /** The dialect, of which nothing has been loaded until somebody asks for it. */
  readonly load: () => Promise<Dialect>;
}

/** The built-in dialects, those that are on and those that are off. */
export interface BuiltInDialects {
  readonly spoken: readonly Dialect[];
  /** Who asks for what they would serve is told how to switch them on. */
  readonly switchedOff: readonly SwitchedOff[];
}

/** Loads the dialects that are on. */
export async function createBuiltInDialects(
  context: DialectContext,
  options: DialectOptions,
): Promise<BuiltInDialects> {
  const loaders = createLoaders(context, options);
  // The keys are those of the schemas, in their order.
  const names = Object.keys(DIALECT_OPTIONS) as readonly DialectName[];
  const isOn = (name: DialectName) => options[name].enabled;
  return {
    spoken: await Promise.all(names.filter(isOn).map(async (name) => withPorts(await loaders[name](), options[name]))),
    switchedOff: names
      .filter((name) => !isOn(name))
      .map((name) => ({ name, grpcServices: GRPC_SERVICES[name] ?? [], load: loaders[name] })),
  };
}

function createLoaders(
  context: DialectContext,
  options: DialectOptions,
): { readonly [Name in DialectName]: () => Promise<Dialect> } {
  return {
    millrace: async () => (await import('./millrace/dialect.js')).createMillraceDialect(context),
    oip: async () => (await import('./oip/dialect.js')).createOipDialect(context),
    openai: async () => (await import('./openai/dialect.js')).createOpenAiDialect(context, options.openai),
    kserve: async () => (await import('./kserve/dialect.js')).createKserveDialect(context),
    tfs: async () => (await import('./tfs/dialect.js')).createTfsDialect(context),
    torchserve: async () => (await import('./torchserve/dialect.js')).createTorchServeDialect(context),
    sagemaker: async () => {
      const { createSageMakerDialect } = await import('./sagemaker/dialect.js');
      return createSageMakerDialect(context, options.sagemaker, await createBodyHandlers(context, options));
    },
    vertex: async () => {
      const { createVertexDialect } = await import('./vertex/dialect.js');
      return createVertexDialect(context, options.vertex, await createBodyHandlers(context, options));
    },
  };
}

/** Platforms pass on bodies of any of these. */
async function createBodyHandlers(context: DialectContext, { openai }: DialectOptions): Promise<BodyHandlers> {
  const [{ createInferHandler }, { createGenerateHandler }, { createForwarding }, { createTextHandlers }] =
    await Promise.all([
      import('./oip/infer.js'),
      import('./oip/generate.js'),
      import('./oip/forward-headers.js'),
      import('./openai/answer-text.js'),
    ]);
  return {
    infer: createInferHandler(context),
    generate: createGenerateHandler(context),
    ...createTextHandlers(context, openai),
    forward: createForwarding(context),
  };
}
