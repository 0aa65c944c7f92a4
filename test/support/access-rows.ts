import { PAGE_PATHS } from '../../src/server/docs.js';
import { REPORT_PATHS } from '../../src/server/rollout-report.js';
import { FILE_ROWS } from './access-files.js';
import { JOB_ROWS } from './access-jobs.js';
import { POOLING_GRPC_ROWS, POOLING_ROWS } from './access-pooling.js';
import { RECORD_ROWS } from './access-records.js';
import type { AccessRow } from './access-row.js';
import { TEXT_ROWS } from './access-text.js';

const TENSOR = { inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [1] }] };
const EVERYBODY: AccessRow = { needs: 'nothing' };
const KEY: AccessRow = { needs: 'a credential' };
const INFER: AccessRow = { needs: 'model.infer', request: TENSOR };
/** Of the only model that there is: of none for who sees none. */
const INFER_ONLY: AccessRow = { ...INFER, unknown: 400 };
/** The model has no input for a text. */
const GENERATE: AccessRow = { needs: 'model.infer', request: { text_input: 'a' }, answers: 400 };
const METADATA: AccessRow = { needs: 'model.read' };
const LIST: AccessRow = { needs: 'model.read', on: 'anything' };
const OBSERVE: AccessRow = { needs: 'model.observe' };
const SERVER: AccessRow = { needs: 'server.read', on: 'anything' };
const SETTINGS: AccessRow = { needs: 'setting.read', on: 'anything' };
const MEMORY: AccessRow = { needs: 'memory.read', on: 'anything' };
const ROLLOUT: AccessRow = { needs: 'rollout.read' };
const ROUTE: AccessRow = { needs: 'route.read' };
const LOAD: AccessRow = { needs: 'model.load', audit: 'model.load' };
const UNLOAD: AccessRow = { needs: 'model.unload', audit: 'model.unload', answers: 404 };
const TRACE: AccessRow = {
  needs: 'setting.change',
  on: 'everything',
  request: { trace_rate: '1000' },
  audit: 'trace.update',
};
const LOGGING: AccessRow = {
  needs: 'setting.change',
  on: 'everything',
  request: { log_info: true },
  audit: 'log.update',
};
const REGISTER: AccessRow = {
  needs: 'memory.use',
  on: 'anything',
  request: { key: '/millrace-no-such-object', byte_size: 1, offset: 0 },
  answers: 400,
  audit: 'sharedMemory.register',
};
const UNREGISTER: AccessRow = {
  needs: ['memory.use', 'server.manage'],
  on: 'anything',
  audit: 'sharedMemory.unregister',
};

/** Every HTTP route by method and path. Path parameters are filled in by {@link PATH_PARAMETERS}. */
export const HTTP_ROWS: Readonly<Record<string, AccessRow>> = {
  'GET /v2/health/live': EVERYBODY,
  'GET /v2/health/ready': EVERYBODY,
  'GET /v1/health': EVERYBODY,
  'GET /version': SERVER,
  'GET /v2': SERVER,
  'POST /v2/models/{model}/infer': INFER,
  'POST /v2/models/{model}/versions/{version}/infer': INFER,
  'POST /v2/models/{model}/generate': GENERATE,
  'POST /v2/models/{model}/versions/{version}/generate': GENERATE,
  'POST /v2/models/{model}/generate_stream': GENERATE,
  'POST /v2/models/{model}/versions/{version}/generate_stream': GENERATE,
  ...TEXT_ROWS,
  ...POOLING_ROWS,
  'GET /v1/models': LIST,
  'GET /v1/models/{model}': METADATA,
  'GET /v2/models/stats': { ...OBSERVE, on: 'anything' },
  'GET /v2/models/{model}': METADATA,
  'GET /v2/models/{model}/ready': { ...METADATA, unknown: 503 },
  'GET /v2/models/{model}/config': METADATA,
  'GET /v2/models/{model}/stats': { ...OBSERVE, unknown: 400 },
  'GET /v2/models/{model}/versions/{version}': METADATA,
  'GET /v2/models/{model}/versions/{version}/ready': { ...METADATA, unknown: 503 },
  'GET /v2/models/{model}/versions/{version}/config': METADATA,
  'GET /v2/models/{model}/versions/{version}/stats': { ...OBSERVE, unknown: 400 },
  'POST /v2/repository/index': { ...OBSERVE, on: 'anything' },
  'POST /v2/repository/{repository}/index': { ...OBSERVE, on: 'anything' },
  'POST /v2/repository/models/{model}/load': LOAD,
  'POST /v2/repository/{repository}/models/{model}/load': { ...LOAD, answers: 404 },
  'POST /v2/repository/models/{model}/unload': UNLOAD,
  'POST /v2/repository/{repository}/models/{model}/unload': UNLOAD,
  'GET /v2/trace/setting': SETTINGS,
  'POST /v2/trace/setting': TRACE,
  'GET /v2/models/{model}/trace/setting': { needs: 'setting.read', unknown: 400 },
  'POST /v2/models/{model}/trace/setting': { ...TRACE, on: 'name', unknown: 400 },
  'GET /v2/logging': SETTINGS,
  'POST /v2/logging': LOGGING,
  'GET /v2/systemsharedmemory/status': MEMORY,
  'GET /v2/systemsharedmemory/region/{region}/status': { ...MEMORY, answers: 404 },
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
  'POST /v1/models/{model}:predict': { needs: 'model.infer', request: { instances: [1] } },
  'POST /v1/models/{model}:classify': { needs: 'model.infer', request: { examples: [{ x: 1 }] }, answers: 400 },
  'POST /v1/models/{model}:regress': { needs: 'model.infer', request: { examples: [{ x: 1 }] }, answers: 400 },
  'GET /v1/models/{model}/metadata': METADATA,
  'POST /v1/models/{model}/versions/{version}:predict': { needs: 'model.infer', request: { instances: [1] } },
  'POST /v1/models/{model}/versions/{version}:classify': {
    needs: 'model.infer',
    request: { examples: [{ x: 1 }] },
    answers: 400,
  },
  'POST /v1/models/{model}/versions/{version}:regress': {
    needs: 'model.infer',
    request: { examples: [{ x: 1 }] },
    answers: 400,
  },
  'GET /v1/models/{model}/versions/{version}/metadata': METADATA,
  'GET /v1/models/{model}/versions/{version}': METADATA,
  'POST /v1/models/{model}/labels/{label}:predict': { needs: 'model.infer', request: { instances: [1] }, answers: 404 },
  'POST /v1/models/{model}/labels/{label}:classify': {
    needs: 'model.infer',
    request: { examples: [{ x: 1 }] },
    answers: 404,
  },
  'POST /v1/models/{model}/labels/{label}:regress': {
    needs: 'model.infer',
    request: { examples: [{ x: 1 }] },
    answers: 404,
  },
  'GET /v1/models/{model}/labels/{label}/metadata': { ...METADATA, answers: 404 },
  'GET /v1/models/{model}/labels/{label}': { ...METADATA, answers: 404 },
  'POST /v1/models/{model}:explain': { ...KEY, answers: 501 },
  'GET /v2/models': LIST,
  'GET /health': EVERYBODY,
  'POST /predict': INFER_ONLY,
  'POST /invocations': INFER_ONLY,
  'POST /models/{model}/invoke': INFER,
  'POST /endpoints/{endpoint}/invocations': INFER_ONLY,
  'POST /endpoints/{endpoint}/invocations-response-stream': INFER_ONLY,
  'POST /endpoints/{endpoint}/async-invocations': { needs: 'model.infer', answers: 501, unknown: 400 },
  'GET /ping': EVERYBODY,
  'POST /predictions/{model}': { needs: 'model.infer', request: [1] },
  'POST /predictions/{model}/{version}': { needs: 'model.infer', request: [1] },
  'PUT /predictions/{model}': { needs: 'model.infer', request: [1] },
  'PUT /predictions/{model}/{version}': { needs: 'model.infer', request: [1] },
  // There is nothing in it.
  'GET /predictions/{model}': { needs: 'model.infer', answers: 400 },
  'GET /predictions/{model}/{version}': { needs: 'model.infer', answers: 400 },
  'POST /explanations/{model}': { ...KEY, answers: 501 },
  'GET /models': LIST,
  'POST /models': { ...LOAD, request: { model_name: 'echo', url: 'echo' }, answers: 409 },
  'GET /models/{model}': METADATA,
  'GET /models/{model}/{version}': METADATA,
  // What is asked for is as it is.
  'PUT /models/{model}': METADATA,
  'PUT /models/{model}/{version}': METADATA,
  'PUT /models/{model}/{version}/set-default': METADATA,
  'DELETE /models/{model}': UNLOAD,
  'DELETE /models/{model}/{version}': UNLOAD,
  ...JOB_ROWS,
  ...FILE_ROWS,
  'GET /millrace/v1/quotas': KEY,
  'GET /millrace/v1/events': { ...SERVER, endless: true },
  'GET /millrace/v1/models': LIST,
  'GET /millrace/v1/models/{model}': METADATA,
  'GET /millrace/v1/models/{model}/versions': OBSERVE,
  'GET /millrace/v1/models/{model}/labels': OBSERVE,
  'PATCH /millrace/v1/models/{model}/labels': { needs: 'label.change', audit: 'labels.change' },
  'GET /millrace/v1/models/{model}/labels/history': OBSERVE,
  // There is nothing to undo.
  'GET /millrace/v1/usage': KEY,
  // It lacks its action. Of others it tells those with the right `access.read`: test/e2e/access-explain.test.ts.
  'GET /millrace/v1/access/explain': { ...KEY, answers: 400 },
  'GET /millrace/v1/doctor': { needs: 'access.read', on: 'everything' },
  'POST /millrace/v1/reload': { needs: 'server.manage', on: 'everything', audit: 'server.reload' },
  // It is embedded in the test.
  'POST /millrace/v1/upgrade': { needs: 'server.manage', on: 'everything', answers: 409, audit: 'server.upgrade' },
  'GET /millrace/v1/keys': { needs: 'key.read', on: 'anything' },
  // Its request lacks what it is to be granted.
  'POST /millrace/v1/keys': {
    needs: 'key.change',
    on: 'anything',
    request: { name: 'roleless' },
    answers: 400,
    audit: 'key.create',
  },
  'GET /millrace/v1/keys/{key}': { needs: 'key.read', on: 'anything', answers: 404 },
  'POST /millrace/v1/keys/{key}/rotate': { needs: 'key.change', on: 'anything', answers: 404, audit: 'key.rotate' },
  'POST /millrace/v1/keys/{key}/revoke': { needs: 'key.change', on: 'anything', answers: 404, audit: 'key.revoke' },
  'POST /millrace/v1/models/{model}/labels/undo': { needs: 'label.change', answers: 409, audit: 'labels.undo' },
  'GET /millrace/v1/rollouts': { ...ROLLOUT, on: 'anything' },
  'GET /millrace/v1/models/{model}/rollout': { ...ROLLOUT, answers: 404 },
  'GET /millrace/v1/models/{model}/rollout/evidence': { ...ROLLOUT, answers: 404 },
  'GET /millrace/v1/models/{model}/rollout/history': { ...ROLLOUT, unknown: 200 },
  // There is no such version, and so no rollout of which anything could be asked.
  'POST /millrace/v1/models/{model}/rollout': {
    needs: 'rollout.change',
    request: { to: 9 },
    answers: 409,
    audit: 'rollout.start',
  },
  // Whoever starts a rollout does not approve it.
  'POST /millrace/v1/models/{model}/rollout/approve': {
    needs: 'rollout.approve',
    answers: 409,
    unknown: 409,
    audit: 'rollout.approve',
  },
  'POST /millrace/v1/models/{model}/rollout/pause': {
    needs: 'rollout.change',
    unknown: 409,
    answers: 409,
    audit: 'rollout.pause',
  },
  'POST /millrace/v1/models/{model}/rollout/resume': {
    needs: 'rollout.change',
    unknown: 409,
    answers: 409,
    audit: 'rollout.resume',
  },
  'POST /millrace/v1/models/{model}/rollout/promote': {
    needs: 'rollout.change',
    unknown: 409,
    answers: 409,
    audit: 'rollout.promote',
  },
  'POST /millrace/v1/models/{model}/rollout/abort': {
    needs: 'rollout.change',
    unknown: 409,
    answers: 409,
    audit: 'rollout.abort',
  },
  'GET /millrace/v1/routes': { ...ROUTE, on: 'anything' },
  ...RECORD_ROWS,
  'PUT /millrace/v1/routes': { needs: 'route.change', on: 'anything', request: { routes: {} }, audit: 'routes.apply' },
  'POST /millrace/v1/feedback': {
    needs: ['feedback.give', 'feedback.relay'],
    on: 'anything',
    request: { request_id: 'none', value: 1 },
    answers: 404,
  },
  'GET /millrace/v1/routes/{route}/outcomes': { needs: 'outcome.read', answers: 404 },
  'GET /millrace/v1/routes/{route}': { ...ROUTE, answers: 404 },
  'PUT /millrace/v1/routes/{route}': { needs: 'route.change', answers: 400, unknown: 403, audit: 'route.put' },
  'DELETE /millrace/v1/routes/{route}': { needs: 'route.change', answers: 404, audit: 'route.delete' },
  'GET /millrace/v1/routes/{route}/history': { ...ROUTE, answers: 404 },
  'POST /millrace/v1/routes/{route}/undo': { needs: 'route.change', answers: 409, audit: 'route.undo' },
  'GET /millrace/v1/routes/{route}/shadow': { needs: 'shadow.read', answers: 404 },
  'POST /millrace/v1/routes/{route}/shadow/reset': { needs: 'shadow.reset', answers: 404, audit: 'shadow.reset' },
  'GET /openapi.json': LIST,
  ...Object.fromEntries([...PAGE_PATHS, ...REPORT_PATHS].map((path) => [`GET ${path}`, EVERYBODY])),
  'GET /metrics': { needs: 'metrics.read', on: 'everything' },
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
    job: 'none',
    file: 'none',
    upload: 'none',
    batch: 'none',
    request: 'none',
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
const TFS_EXAMPLES: AccessRow = { needs: 'model.infer', answers: 3 };

/** Every method of gRPC by its path. */
export const GRPC_ROWS: Readonly<Record<string, AccessRow>> = {
  '/inference.GRPCInferenceService/ServerLive': EVERYBODY,
  '/inference.GRPCInferenceService/ServerReady': EVERYBODY,
  '/inference.GRPCInferenceService/ServerMetadata': SERVER,
  '/inference.GRPCInferenceService/ModelInfer': { needs: 'model.infer', request: GRPC_TENSOR },
  '/inference.GRPCInferenceService/ModelStreamInfer': { needs: 'model.infer', request: GRPC_TENSOR },
  '/inference.GRPCInferenceService/ModelReady': { ...METADATA, request: NAMED, unknown: 0 },
  '/inference.GRPCInferenceService/ModelMetadata': { ...METADATA, request: NAMED },
  '/inference.GRPCInferenceService/ModelConfig': { ...METADATA, request: NAMED },
  '/inference.GRPCInferenceService/ModelStatistics': { ...OBSERVE, request: NAMED, unknown: 3 },
  '/inference.GRPCInferenceService/RepositoryIndex': { ...OBSERVE, on: 'anything' },
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
  '/inference.GRPCInferenceService/SystemSharedMemoryStatus': MEMORY,
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
    needs: 'model.infer',
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
  '/tensorflow.serving.ModelService/GetModelStatus': { ...METADATA, request: TFS_MODEL },
  '/tensorflow.serving.ModelService/HandleReloadConfigRequest': {
    needs: 'model.load',
    on: 'everything',
    request: { config: { model_config_list: { config: [{ name: 'nobody', base_path: '/nowhere' }] } } },
    answers: 3,
    audit: 'models.reload',
  },
  [`${TORCHSERVE}inference.InferenceAPIsService/Ping`]: EVERYBODY,
  [`${TORCHSERVE}inference.InferenceAPIsService/Predictions`]: { needs: 'model.infer', request: PREDICTION },
  [`${TORCHSERVE}inference.InferenceAPIsService/StreamPredictions`]: { needs: 'model.infer', request: PREDICTION },
  [`${TORCHSERVE}inference.InferenceAPIsService/StreamPredictions2`]: { needs: 'model.infer', request: PREDICTION },
  [`${TORCHSERVE}management.ManagementAPIsService/DescribeModel`]: { ...METADATA, request: { model_name: 'echo' } },
  [`${TORCHSERVE}management.ManagementAPIsService/ListModels`]: LIST,
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
  ...POOLING_GRPC_ROWS,
  '/grpc.health.v1.Health/Check': EVERYBODY,
  '/grpc.health.v1.Health/Watch': KEY,
  '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo': KEY,
  '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo': KEY,
};

/** The same methods read settings when the request holds none. */
export const GRPC_READING_ROWS: Readonly<Record<string, AccessRow>> = {
  '/inference.GRPCInferenceService/TraceSetting': SETTINGS,
  '/inference.GRPCInferenceService/LogSettings': SETTINGS,
};
