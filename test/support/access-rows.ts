import type { Scope } from '../../src/governance/index.js';
import { PAGE_PATHS } from '../../src/server/docs.js';

/** Who may use a route or method, and what those who may are answered. */
export interface AccessRow {
  /** Everybody, whoever has a key, or who has one of these scopes. */
  readonly who: 'everybody' | 'any key' | readonly Scope[];
  /** As JSON; default an empty object. */
  readonly request?: object;
  /** HTTP or gRPC status of those who may; default success. */
  readonly answers?: number;
  /** What it changes, by the name of the audit trail; nothing where it is missing. */
  readonly audit?: string;
}

const TENSOR = { inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [1] }] };
const EVERYBODY: AccessRow = { who: 'everybody' };
const KEY: AccessRow = { who: 'any key' };
const INFER: AccessRow = { who: ['infer'], request: TENSOR };
/** The model has no input for a text. */
const GENERATE: AccessRow = { who: ['infer'], request: { text_input: 'a' }, answers: 400 };
/** The model does not generate text. */
const CHAT: AccessRow = {
  who: ['infer'],
  request: { model: 'echo', messages: [{ role: 'user', content: 'a' }] },
  answers: 400,
};
const COMPLETE: AccessRow = { who: ['infer'], request: { model: 'echo', prompt: 'a' }, answers: 400 };
const ANY_SCOPE: AccessRow = { who: ['infer', 'observe', 'manage'] };
const OBSERVE: AccessRow = { who: ['observe', 'manage'] };
const METADATA: AccessRow = ANY_SCOPE;
const LOAD: AccessRow = { who: ['manage'], audit: 'model.load' };
const UNLOAD: AccessRow = { who: ['manage'], audit: 'model.unload', answers: 404 };
const TRACE: AccessRow = { who: ['manage'], request: { trace_rate: '1000' }, audit: 'trace.update' };
const LOGGING: AccessRow = { who: ['manage'], request: { log_info: true }, audit: 'log.update' };
const REGISTER: AccessRow = {
  who: ['infer'],
  request: { key: '/millrace-no-such-object', byte_size: 1, offset: 0 },
  answers: 400,
  audit: 'sharedMemory.register',
};
const UNREGISTER: AccessRow = { who: ['infer'], audit: 'sharedMemory.unregister' };

/** Every HTTP route by method and path. Path parameters are filled in by {@link PATH_PARAMETERS}. */
export const HTTP_ROWS: Readonly<Record<string, AccessRow>> = {
  'GET /v2/health/live': EVERYBODY,
  'GET /v2/health/ready': EVERYBODY,
  'GET /v2': METADATA,
  'POST /v2/models/{model}/infer': INFER,
  'POST /v2/models/{model}/versions/{version}/infer': INFER,
  'POST /v2/models/{model}/generate': GENERATE,
  'POST /v2/models/{model}/versions/{version}/generate': GENERATE,
  'POST /v2/models/{model}/generate_stream': GENERATE,
  'POST /v2/models/{model}/versions/{version}/generate_stream': GENERATE,
  'POST /v1/chat/completions': CHAT,
  'POST /v1/completions': COMPLETE,
  'POST /v1/responses': { who: ['infer'], request: { model: 'echo', input: 'a' }, answers: 400 },
  'POST /v1/responses/input_tokens': { who: ['infer'], request: { model: 'echo', input: 'a' }, answers: 400 },
  'GET /v1/responses/{response}': { who: ['infer'], answers: 404 },
  'DELETE /v1/responses/{response}': { who: ['infer'], answers: 404 },
  'GET /v1/responses/{response}/input_items': { who: ['infer'], answers: 404 },
  'POST /tokenize': { who: ['infer'], request: { model: 'echo', content: 'a' }, answers: 400 },
  'POST /detokenize': { who: ['infer'], request: { model: 'echo', tokens: [1] }, answers: 400 },
  'GET /v1/models': { who: ['infer', 'observe', 'manage'] },
  'GET /v1/models/{model}': { who: ['infer', 'observe', 'manage'] },
  'GET /v2/models/stats': OBSERVE,
  'GET /v2/models/{model}': METADATA,
  'GET /v2/models/{model}/ready': METADATA,
  'GET /v2/models/{model}/config': METADATA,
  'GET /v2/models/{model}/stats': OBSERVE,
  'GET /v2/models/{model}/versions/{version}': METADATA,
  'GET /v2/models/{model}/versions/{version}/ready': METADATA,
  'GET /v2/models/{model}/versions/{version}/config': METADATA,
  'GET /v2/models/{model}/versions/{version}/stats': OBSERVE,
  'POST /v2/repository/index': OBSERVE,
  'POST /v2/repository/{repository}/index': OBSERVE,
  'POST /v2/repository/models/{model}/load': LOAD,
  'POST /v2/repository/{repository}/models/{model}/load': { ...LOAD, answers: 404 },
  'POST /v2/repository/models/{model}/unload': UNLOAD,
  'POST /v2/repository/{repository}/models/{model}/unload': UNLOAD,
  'GET /v2/trace/setting': OBSERVE,
  'POST /v2/trace/setting': TRACE,
  'GET /v2/models/{model}/trace/setting': OBSERVE,
  'POST /v2/models/{model}/trace/setting': TRACE,
  'GET /v2/logging': OBSERVE,
  'POST /v2/logging': LOGGING,
  'GET /v2/systemsharedmemory/status': METADATA,
  'GET /v2/systemsharedmemory/region/{region}/status': { ...METADATA, answers: 404 },
  'POST /v2/systemsharedmemory/region/{region}/register': REGISTER,
  'POST /v2/systemsharedmemory/unregister': UNREGISTER,
  'POST /v2/systemsharedmemory/region/{region}/unregister': UNREGISTER,
  // There is no CUDA memory to tell of or to change.
  'GET /v2/cudasharedmemory/status': KEY,
  'GET /v2/cudasharedmemory/region/{region}/status': { ...KEY, answers: 404 },
  'POST /v2/cudasharedmemory/region/{region}/register': { ...KEY, answers: 501 },
  'POST /v2/cudasharedmemory/unregister': KEY,
  'POST /v2/cudasharedmemory/region/{region}/unregister': KEY,
  'GET /': EVERYBODY,
  'POST /v1/models/{model}:predict': { who: ['infer'], request: { instances: [1] } },
  'POST /v1/models/{model}:classify': { who: ['infer'], request: { examples: [{ x: 1 }] }, answers: 400 },
  'POST /v1/models/{model}:regress': { who: ['infer'], request: { examples: [{ x: 1 }] }, answers: 400 },
  'GET /v1/models/{model}/metadata': METADATA,
  'POST /v1/models/{model}/versions/{version}:predict': { who: ['infer'], request: { instances: [1] } },
  'POST /v1/models/{model}/versions/{version}:classify': {
    who: ['infer'],
    request: { examples: [{ x: 1 }] },
    answers: 400,
  },
  'POST /v1/models/{model}/versions/{version}:regress': {
    who: ['infer'],
    request: { examples: [{ x: 1 }] },
    answers: 400,
  },
  'GET /v1/models/{model}/versions/{version}/metadata': METADATA,
  'GET /v1/models/{model}/versions/{version}': ANY_SCOPE,
  'POST /v1/models/{model}/labels/{label}:predict': { who: ['infer'], request: { instances: [1] }, answers: 404 },
  'POST /v1/models/{model}/labels/{label}:classify': {
    who: ['infer'],
    request: { examples: [{ x: 1 }] },
    answers: 404,
  },
  'POST /v1/models/{model}/labels/{label}:regress': { who: ['infer'], request: { examples: [{ x: 1 }] }, answers: 404 },
  'GET /v1/models/{model}/labels/{label}/metadata': { ...METADATA, answers: 404 },
  'GET /v1/models/{model}/labels/{label}': { ...ANY_SCOPE, answers: 404 },
  'POST /v1/models/{model}:explain': { ...KEY, answers: 501 },
  'GET /v2/models': { who: ['infer', 'observe', 'manage'] },
  'GET /health': EVERYBODY,
  'POST /predict': INFER,
  'POST /invocations': INFER,
  'POST /models/{model}/invoke': INFER,
  'POST /endpoints/{endpoint}/invocations': INFER,
  'POST /endpoints/{endpoint}/invocations-response-stream': INFER,
  'POST /endpoints/{endpoint}/async-invocations': { who: ['infer'], answers: 501 },
  'GET /ping': EVERYBODY,
  'POST /predictions/{model}': { who: ['infer'], request: [1] },
  'POST /predictions/{model}/{version}': { who: ['infer'], request: [1] },
  'PUT /predictions/{model}': { who: ['infer'], request: [1] },
  'PUT /predictions/{model}/{version}': { who: ['infer'], request: [1] },
  // There is nothing in it.
  'GET /predictions/{model}': { who: ['infer'], answers: 400 },
  'GET /predictions/{model}/{version}': { who: ['infer'], answers: 400 },
  'POST /explanations/{model}': { ...KEY, answers: 501 },
  'GET /models': { who: ['infer', 'observe', 'manage'] },
  'POST /models': { ...LOAD, request: { model_name: 'echo', url: 'echo' }, answers: 409 },
  'GET /models/{model}': METADATA,
  'GET /models/{model}/{version}': METADATA,
  // What is asked for is as it is.
  'PUT /models/{model}': METADATA,
  'PUT /models/{model}/{version}': METADATA,
  'PUT /models/{model}/{version}/set-default': METADATA,
  'DELETE /models/{model}': UNLOAD,
  'DELETE /models/{model}/{version}': UNLOAD,
  'GET /millrace/v1/quotas': KEY,
  'GET /millrace/v1/models/{model}/labels': OBSERVE,
  'PATCH /millrace/v1/models/{model}/labels': { who: ['manage'], audit: 'labels.change' },
  'GET /millrace/v1/models/{model}/labels/history': OBSERVE,
  // There is nothing to undo.
  'POST /millrace/v1/models/{model}/labels/undo': { who: ['manage'], answers: 409, audit: 'labels.undo' },
  'GET /millrace/v1/usage': KEY,
  // No scope has the right, which the role admin has.
  'GET /millrace/v1/keys': { who: [] },
  'POST /millrace/v1/keys': { who: [], request: { name: 'a' }, audit: 'key.create' },
  'GET /millrace/v1/keys/{key}': { who: [] },
  'POST /millrace/v1/keys/{key}/rotate': { who: [], audit: 'key.rotate' },
  'POST /millrace/v1/keys/{key}/revoke': { who: [], audit: 'key.revoke' },
  'GET /millrace/v1/rollouts': OBSERVE,
  'GET /millrace/v1/models/{model}/rollout': { ...OBSERVE, answers: 404 },
  'GET /millrace/v1/models/{model}/rollout/history': OBSERVE,
  // There is no such version, and so no rollout of which anything could be asked.
  'POST /millrace/v1/models/{model}/rollout': {
    who: ['manage'],
    request: { to: 9 },
    answers: 409,
    audit: 'rollout.start',
  },
  // No scope has the right: whoever starts a rollout does not approve it.
  'POST /millrace/v1/models/{model}/rollout/approve': { who: [], audit: 'rollout.approve' },
  'POST /millrace/v1/models/{model}/rollout/pause': { who: ['manage'], answers: 409, audit: 'rollout.pause' },
  'POST /millrace/v1/models/{model}/rollout/resume': { who: ['manage'], answers: 409, audit: 'rollout.resume' },
  'POST /millrace/v1/models/{model}/rollout/promote': { who: ['manage'], answers: 409, audit: 'rollout.promote' },
  'POST /millrace/v1/models/{model}/rollout/abort': { who: ['manage'], answers: 409, audit: 'rollout.abort' },
  'GET /millrace/v1/routes': OBSERVE,
  'PUT /millrace/v1/routes': { who: ['manage'], request: { routes: {} }, audit: 'routes.apply' },
  'POST /millrace/v1/feedback': {
    who: ['infer', 'manage'],
    request: { request_id: 'none', value: 1 },
    answers: 404,
  },
  'GET /millrace/v1/routes/{route}/outcomes': { ...OBSERVE, answers: 404 },
  'GET /millrace/v1/routes/{route}': { ...OBSERVE, answers: 404 },
  'PUT /millrace/v1/routes/{route}': { who: ['manage'], answers: 400, audit: 'route.put' },
  'DELETE /millrace/v1/routes/{route}': { who: ['manage'], answers: 404, audit: 'route.delete' },
  'GET /millrace/v1/routes/{route}/history': { ...OBSERVE, answers: 404 },
  'POST /millrace/v1/routes/{route}/undo': { who: ['manage'], answers: 409, audit: 'route.undo' },
  'GET /millrace/v1/routes/{route}/shadow': { ...OBSERVE, answers: 404 },
  'POST /millrace/v1/routes/{route}/shadow/reset': { who: ['manage'], answers: 404, audit: 'shadow.reset' },
  'GET /openapi.json': { who: ['infer', 'observe', 'manage'] },
  ...Object.fromEntries(PAGE_PATHS.map((path) => [`GET ${path}`, EVERYBODY])),
  'GET /metrics': OBSERVE,
};

/** An unload is asked for by a name that nobody has: the others need the model. */
export function pathOf(route: string, method = 'POST'): string {
  const unloads = route.endsWith('/unload') || (method === 'DELETE' && route.startsWith('/models/'));
  const model = unloads ? 'nobody' : 'echo';
  const parameters: Readonly<Record<string, string>> = {
    model,
    version: '1',
    repository: 'elsewhere',
    region: 'r',
    response: 'resp_0',
    endpoint: 'echo',
    label: 'l',
    route: 'r',
  };
  return route.replace(/\{(\w+)\}/g, (_, name: string) => parameters[name] ?? '');
}

const GRPC_TENSOR = {
  model_name: 'echo',
  inputs: [{ name: 'x', datatype: 'INT32', shape: [1], contents: { int_contents: [1] } }],
};
const NAMED = { name: 'echo' };
const TORCHSERVE = '/org.pytorch.serve.grpc.';
const PREDICTION = { model_name: 'echo', input: { data: Buffer.from('[1]').toString('base64') } };
const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;
const UNIMPLEMENTED = 12;

const TFS_MODEL = { model_spec: { name: 'echo' } };
const TFS_TENSOR = { dtype: 'DT_INT32', tensor_shape: { dim: [{ size: '1' }] }, int_val: [1] };
/** The model's output is neither of classes nor a number of floats. */
const TFS_EXAMPLES: AccessRow = { who: ['infer'], answers: 3 };

/** Every method of gRPC by its path. */
export const GRPC_ROWS: Readonly<Record<string, AccessRow>> = {
  '/inference.GRPCInferenceService/ServerLive': EVERYBODY,
  '/inference.GRPCInferenceService/ServerReady': EVERYBODY,
  '/inference.GRPCInferenceService/ServerMetadata': METADATA,
  '/inference.GRPCInferenceService/ModelInfer': { who: ['infer'], request: GRPC_TENSOR },
  '/inference.GRPCInferenceService/ModelStreamInfer': { who: ['infer'], request: GRPC_TENSOR },
  '/inference.GRPCInferenceService/ModelReady': { ...METADATA, request: NAMED },
  '/inference.GRPCInferenceService/ModelMetadata': { ...METADATA, request: NAMED },
  '/inference.GRPCInferenceService/ModelConfig': { ...METADATA, request: NAMED },
  '/inference.GRPCInferenceService/ModelStatistics': { ...OBSERVE, request: NAMED },
  '/inference.GRPCInferenceService/RepositoryIndex': OBSERVE,
  '/inference.GRPCInferenceService/RepositoryModelLoad': { ...LOAD, request: { model_name: 'echo' } },
  '/inference.GRPCInferenceService/RepositoryModelUnload': {
    ...UNLOAD,
    request: { model_name: 'nobody' },
    answers: NOT_FOUND,
  },
  '/inference.GRPCInferenceService/TraceSetting': {
    ...TRACE,
    request: { settings: { trace_rate: { value: ['1000'] } } },
  },
  '/inference.GRPCInferenceService/LogSettings': {
    ...LOGGING,
    request: { settings: { log_info: { bool_param: true } } },
  },
  '/inference.GRPCInferenceService/SystemSharedMemoryStatus': METADATA,
  '/inference.GRPCInferenceService/SystemSharedMemoryRegister': {
    ...REGISTER,
    request: { name: 'r', key: '/millrace-no-such-object', byte_size: 1 },
    answers: 3,
  },
  '/inference.GRPCInferenceService/SystemSharedMemoryUnregister': UNREGISTER,
  '/inference.GRPCInferenceService/CudaSharedMemoryStatus': KEY,
  '/inference.GRPCInferenceService/CudaSharedMemoryRegister': { ...KEY, answers: UNIMPLEMENTED },
  '/inference.GRPCInferenceService/CudaSharedMemoryUnregister': KEY,
  '/tensorflow.serving.PredictionService/Predict': {
    who: ['infer'],
    request: { ...TFS_MODEL, inputs: { x: TFS_TENSOR } },
  },
  '/tensorflow.serving.PredictionService/Classify': { ...TFS_EXAMPLES, request: TFS_MODEL },
  '/tensorflow.serving.PredictionService/Regress': { ...TFS_EXAMPLES, request: TFS_MODEL },
  '/tensorflow.serving.PredictionService/MultiInference': {
    ...TFS_EXAMPLES,
    request: { tasks: [{ ...TFS_MODEL, method_name: 'tensorflow/serving/regress' }] },
  },
  '/tensorflow.serving.PredictionService/GetModelMetadata': {
    ...METADATA,
    request: { ...TFS_MODEL, metadata_field: ['signature_def'] },
  },
  '/tensorflow.serving.ModelService/GetModelStatus': { ...ANY_SCOPE, request: TFS_MODEL },
  '/tensorflow.serving.ModelService/HandleReloadConfigRequest': {
    who: ['manage'],
    request: { config: { model_config_list: { config: [{ name: 'nobody', base_path: '/nowhere' }] } } },
    answers: 3,
    audit: 'models.reload',
  },
  [`${TORCHSERVE}inference.InferenceAPIsService/Ping`]: EVERYBODY,
  [`${TORCHSERVE}inference.InferenceAPIsService/Predictions`]: { who: ['infer'], request: PREDICTION },
  [`${TORCHSERVE}inference.InferenceAPIsService/StreamPredictions`]: { who: ['infer'], request: PREDICTION },
  [`${TORCHSERVE}inference.InferenceAPIsService/StreamPredictions2`]: { who: ['infer'], request: PREDICTION },
  [`${TORCHSERVE}management.ManagementAPIsService/DescribeModel`]: { ...METADATA, request: { model_name: 'echo' } },
  [`${TORCHSERVE}management.ManagementAPIsService/ListModels`]: { who: ['infer', 'observe', 'manage'] },
  [`${TORCHSERVE}management.ManagementAPIsService/RegisterModel`]: {
    ...LOAD,
    request: { model_name: 'echo', url: 'echo' },
    answers: ALREADY_EXISTS,
  },
  [`${TORCHSERVE}management.ManagementAPIsService/ScaleWorker`]: { ...METADATA, request: { model_name: 'echo' } },
  [`${TORCHSERVE}management.ManagementAPIsService/SetDefault`]: {
    ...METADATA,
    request: { model_name: 'echo', model_version: '1' },
  },
  [`${TORCHSERVE}management.ManagementAPIsService/UnregisterModel`]: {
    ...UNLOAD,
    request: { model_name: 'nobody' },
    answers: NOT_FOUND,
  },
  '/grpc.health.v1.Health/Check': EVERYBODY,
  '/grpc.health.v1.Health/Watch': KEY,
  '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo': KEY,
  '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo': KEY,
};

/** The same methods read settings when the request holds none. */
export const GRPC_READING_ROWS: Readonly<Record<string, AccessRow>> = {
  '/inference.GRPCInferenceService/TraceSetting': OBSERVE,
  '/inference.GRPCInferenceService/LogSettings': OBSERVE,
};
