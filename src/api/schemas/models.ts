import { Type } from '@sinclair/typebox';
import type {
  LoadedModel,
  Model,
  ModelActivity,
  ModelEndpoints,
  ModelGeneration,
  ModelInstance,
  ModelPage,
  ModelTensor,
  ModelVersion,
} from '../models.js';
import { Count, LIMIT, oneOf, parameter } from './common.js';
import type { EndpointSpecs } from './endpoint-spec.js';
import { schemaOf } from './schema-of.js';
import { BatchingReportSchema, INSTANCE, MemoryNeedSchema, VersionStateSchema } from './versions.js';

const ModelTensorSchema = schemaOf<ModelTensor>()(
  Type.Object({
    name: Type.String(),
    datatype: Type.String({ description: "The Open Inference Protocol's: `FP32`, `BYTES`." }),
    shape: Type.Array(Type.Integer(), {
      description: 'With the dimension of the batch; -1 where any size is accepted.',
    }),
    optional: Type.Optional(Type.Literal(true, { description: 'Requests may leave it out.' })),
  }),
);

const ModelGenerationSchema = schemaOf<ModelGeneration>()(
  Type.Object(
    {
      context_tokens: Type.Integer({ description: 'Tokens of a prompt and its answer together.' }),
      max_output_tokens: Type.Integer({ description: 'Most tokens of an answer whose request sets no limit.' }),
      chat: Type.Boolean({ description: 'It takes conversations, too.' }),
      sampling: Type.Object(
        {
          temperature: Type.Number(),
          top_p: Type.Number(),
          top_k: Type.Integer(),
          min_p: Type.Number(),
          frequency_penalty: Type.Number(),
          presence_penalty: Type.Number(),
          repetition_penalty: Type.Number(),
        },
        { description: 'Values of the parameters that a request leaves out.' },
      ),
    },
    { description: 'Missing unless it generates text.' },
  ),
);

const LoadedModelSchema = schemaOf<LoadedModel>()(
  Type.Object(
    {
      runtime: Type.String(),
      tasks: Type.Array(oneOf('infer', 'generate', 'embed', 'sparse', 'rank', 'classify', 'tokenClassify'), {
        description: 'What requests may ask of it.',
      }),
      inputs: Type.Array(ModelTensorSchema),
      outputs: Type.Array(ModelTensorSchema),
      max_batch_size: Type.Integer({
        minimum: 0,
        description: 'Rows of a request; 0 = the model has no dimension for a batch.',
      }),
      decoupled: Type.Boolean({ description: 'Any number of answers to a request.' }),
      sequences: Type.Boolean({ description: 'Requests come in sequences.' }),
      placement: oneOf('process', 'inline'),
      digest: Type.String({ description: 'SHA-256 over its files and its configuration.' }),
      size_bytes: Count,
      load_ms: Type.Number({ minimum: 0 }),
      batching: BatchingReportSchema,
      generation: Type.Optional(ModelGenerationSchema),
    },
    { description: 'Missing unless the version is loaded.' },
  ),
);

const ModelInstanceSchema = schemaOf<ModelInstance>()(
  Type.Object({
    ...INSTANCE,
    pid: Type.Optional(Type.Integer({ description: 'Missing in the server itself, and while the runner is down.' })),
  }),
);

const ModelActivitySchema = schemaOf<ModelActivity>()(
  Type.Object(
    {
      queued_requests: Count,
      queued_bytes: Count,
      executing_requests: Count,
      active_sequences: Count,
      waiting_sequences: Count,
      instances: Type.Array(ModelInstanceSchema),
      preparer: Type.Optional(ModelInstanceSchema),
    },
    { description: 'Missing unless the version is loaded, and for callers without the right `model.observe`.' },
  ),
);

const ModelVersionSchema = schemaOf<ModelVersion>()(
  Type.Object({
    version: Type.Integer(),
    state: VersionStateSchema,
    reason: Type.Optional(Type.String({ description: 'Why it is in that state, where there is anything to say.' })),
    loaded: Type.Optional(LoadedModelSchema),
    activity: Type.Optional(ModelActivitySchema),
    memory: Type.Optional(MemoryNeedSchema),
  }),
);

const ModelSchema = schemaOf<Model>()(
  Type.Object({
    name: Type.String(),
    aliases: Type.Array(Type.String(), { description: 'Further names under which callers may ask for it.' }),
    labels: Type.Record(Type.String(), Type.Integer(), { description: 'Versions by label.' }),
    versions: Type.Array(ModelVersionSchema),
  }),
);

const ModelPageSchema = schemaOf<ModelPage>()(
  Type.Object({
    models: Type.Array(ModelSchema),
    next: Type.Optional(Type.String({ description: '`after` of the next page; there is none where it is missing.' })),
  }),
);

const tag = 'models';

/** The catalog of models. */
export const MODEL_ENDPOINTS: EndpointSpecs<ModelEndpoints> = {
  'GET /models': {
    tag,
    summary: 'List models by name with aliases, labels, versions, tensors, placement, batching and current load',
    control: false,
    query: { limit: LIMIT, after: parameter('Those behind this name.') },
    answer: ModelPageSchema,
  },
  'GET /models/{model}': { tag, summary: 'Get a model', control: false, answer: ModelSchema },
};
