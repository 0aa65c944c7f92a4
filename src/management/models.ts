import type {
  Encoded,
  LoadedModel,
  Model,
  ModelActivity,
  ModelEndpoints,
  ModelGeneration,
  ModelInstance,
  ModelTensor,
  ModelVersion,
} from '../api/index.js';
import { MODEL_ENDPOINTS } from '../api/schemas/index.js';
import { type GenerationSpec, MODEL_TASKS, type TensorSpec } from '../core/index.js';
import type { InstanceGauge, ModelGauges } from '../engine/index.js';
import { effectiveSampling } from '../generation/index.js';
import type { Route } from '../protocols/index.js';
import type { ModelReport, ModelVersionReport, ServedModel, Service } from '../service/index.js';
import { createEndpointRoutes } from './endpoint-route.js';
import { readPage } from './read-request.js';
import { encodeBatching, encodeInstance, encodeMemory } from './versions.js';

/** The catalog of models. */
export function createModelRoutes(service: Pick<Service, 'models'>): readonly Route[] {
  return createEndpointRoutes<ModelEndpoints>(MODEL_ENDPOINTS, {
    'GET /models'(call, { query }) {
      const { models, next } = service.models.modelReports(call, readPage(query));
      return { body: { models: models.map(encodeModel), next } };
    },
    'GET /models/{model}': (call, { params: { model } }) => ({
      body: encodeModel(service.models.modelReport(call, model)),
    }),
  });
}

function encodeModel({ name, aliases, labels, versions }: ModelReport): Encoded<Model> {
  return { name, aliases, labels, versions: versions.map(encodeVersion) };
}

function encodeVersion({ status, gauges, memory }: ModelVersionReport): Encoded<ModelVersion> {
  const { version, state, info } = status;
  return {
    version,
    state: state.kind,
    reason: 'reason' in state ? state.reason : undefined,
    loaded: info && encodeLoaded(info),
    activity: gauges && encodeActivity(gauges),
    memory: memory && encodeMemory(memory),
  };
}

function encodeLoaded({ source, signature, tasks, batching, ...info }: ServedModel): Encoded<LoadedModel> {
  return {
    runtime: source.runtime,
    tasks: ['infer', ...MODEL_TASKS.filter((task) => tasks?.[task] !== undefined)],
    inputs: signature.inputs.map(encodeTensor),
    outputs: signature.outputs.map(encodeTensor),
    max_batch_size: info.maxBatchSize,
    decoupled: info.decoupled,
    sequences: info.sequences,
    placement: info.placement,
    digest: source.digest,
    size_bytes: source.sizeBytes,
    load_ms: info.loadMs,
    batching: encodeBatching(batching),
    generation: tasks?.generate && encodeGeneration(tasks.generate),
  };
}

function encodeGeneration(spec: GenerationSpec): Encoded<ModelGeneration> {
  const sampling = effectiveSampling(spec);
  return {
    context_tokens: spec.contextTokens,
    max_output_tokens: spec.maxOutputTokens,
    chat: spec.chat,
    sampling: {
      temperature: sampling.temperature,
      top_p: sampling.topP,
      top_k: sampling.topK,
      min_p: sampling.minP,
      frequency_penalty: sampling.frequencyPenalty,
      presence_penalty: sampling.presencePenalty,
      repetition_penalty: sampling.repetitionPenalty,
    },
  };
}

function encodeTensor({ name, datatype, shape, optional }: TensorSpec): Encoded<ModelTensor> {
  return { name, datatype, shape, optional: optional || undefined };
}

function encodeActivity({ instances, preparer, ...gauges }: ModelGauges): Encoded<ModelActivity> {
  return {
    queued_requests: gauges.queuedRequests,
    queued_bytes: gauges.queuedBytes,
    executing_requests: gauges.executingRequests,
    active_sequences: gauges.activeSequences,
    waiting_sequences: gauges.waitingSequences,
    instances: instances.map(encodeModelInstance),
    preparer: preparer && encodeModelInstance(preparer),
  };
}

/** Of a model in the server itself, and while its runner is down, the process is not the instance's. */
function encodeModelInstance(instance: InstanceGauge): Encoded<ModelInstance> {
  return { ...encodeInstance(instance), pid: instance.memoryLimit && instance.pid };
}
