import { Type } from '@sinclair/typebox';
import type {
  LoadedModel,
  Model,
  ModelActivity,
  ModelBatching,
  ModelEndpoints,
  ModelInstance,
  ModelPage,
  ModelTensor,
  ModelVersion,
} from '../models.js';
import { Count, LIMIT, oneOf, parameter } from './common.js';
import type { EndpointSpecs } from './endpoint-spec.js';
import { schemaOf } from './schema-of.js';

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

const ModelBatchingSchema = schemaOf<ModelBatching>()(
  Type.Object(
    {
      enabled: Type.Boolean(),
      reason: Type.String(),
      detail: Type.String({ description: 'The same for people, with the times that were measured.' }),
    },
    { description: 'Whether its requests are batched together now, and why.' },
  ),
);

const LoadedModelSchema = schemaOf<LoadedModel>()(
  Type.Object(
    {
      runtime: Type.String({ description: '`onnx`, `llama`, `script`.' }),
      tasks: Type.Array(oneOf('infer', 'generate'), { description: 'What requests may ask of it.' }),
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
      batching: ModelBatchingSchema,
    },
    { description: 'Missing unless the version is loaded.' },
  ),
);

const ModelInstanceSchema = schemaOf<ModelInstance>()(
  Type.Object({
    id: Type.String(),
    pid: Type.Optional(Type.Integer({ description: 'Missing in the server itself and while its runner is down.' })),
    up: Type.Boolean(),
    restarts: Count,
    memory_limit_bytes: Type.Optional(
      Type.Number({
        description: 'Resident memory above which its runner, which other models may share, is killed.',
      }),
    ),
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
    },
    { description: 'Missing unless the version is loaded, and for callers without the right `model.observe`.' },
  ),
);

const ModelVersionSchema = schemaOf<ModelVersion>()(
  Type.Object({
    version: Type.Integer(),
    state: oneOf('loading', 'warming', 'ready', 'recovering', 'draining', 'unloaded', 'failed'),
    reason: Type.Optional(Type.String({ description: 'Why it is in that state, where there is anything to say.' })),
    loaded: Type.Optional(LoadedModelSchema),
    activity: Type.Optional(ModelActivitySchema),
  }),
);

const ModelSchema = schemaOf<Model>()(
  Type.Object({
    name: Type.String(),
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
    summary: 'Models by name: their labels, versions, tensors, placement, batching, and what they do now',
    control: false,
    query: { limit: LIMIT, after: parameter('Those behind this name.') },
    answer: ModelPageSchema,
  },
  'GET /models/{model}': { tag, summary: 'One model', control: false, answer: ModelSchema },
};
