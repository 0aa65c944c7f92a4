import {
  type Call,
  type CallContext,
  type InferTarget,
  MillraceError,
  NO_PARAMETERS,
  type Signature,
} from '../../src/core/index.js';
import type { ModelInfo, ModelStatistics, ModelStatus } from '../../src/engine/index.js';
import { resolveModelConfig, toTritonConfig } from '../../src/repository/index.js';
import { ONNX } from '../../src/runtimes/onnx/manifest.js';
import type { LogSettings, Resolved, Service } from '../../src/service/index.js';
import { NO_TIMING } from './no-timing.js';
import { nothingOf, serviceOf, type UseCases, withCases } from './service-of.js';

const SIGNATURE: Signature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4], batchAxis: 0, optional: false }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 4], batchAxis: 0, optional: false }],
};

/** Information about a loaded model that does nothing. */
export function fakeModelInfo(name: string, version: number, signature: Signature = SIGNATURE): ModelInfo {
  return {
    ref: { name, version, generation: version },
    source: {
      name,
      version,
      repository: '/models',
      modelFolder: `/models/${name}`,
      path: `/models/${name}/${version}/model.onnx`,
      runtime: 'onnx',
      manifest: ONNX,
      config: {},
      labels: {},
      sizeBytes: 0,
      digest: 'ab'.repeat(32),
      fingerprint: '1',
    },
    signature,
    maxBatchSize: 8,
    platform: 'onnxruntime_onnx',
    decoupled: false,
    pure: true,
    sequences: false,
    placement: 'process',
    instances: 1,
    loadMs: 12,
    batching: { enabled: true, cause: 'configured', reason: 'configured' },
  };
}

/** What a service has resolved; the real ones are made by it alone. */
export function fakeResolved(target: InferTarget, info: Partial<ModelInfo>): Resolved {
  return { target, own: target, info } as unknown as Resolved;
}

const nothing = () => ({ count: 0, ns: 0 });

export function fakeStatistics(name: string, version: number): ModelStatistics {
  return {
    name,
    version,
    lastInferenceMs: 1_750_000_000_000,
    inferenceCount: 3,
    executionCount: 2,
    success: { count: 2, ns: 9_007_199_254_740_991 },
    fail: nothing(),
    queue: { count: 2, ns: 1_000.4 },
    computeInput: nothing(),
    computeInfer: { count: 2, ns: 5_000 },
    computeOutput: nothing(),
    cacheHit: { count: 3, ns: 33.4 },
    cacheMiss: { count: 2, ns: 810 },
    batches: new Map([
      [2, { computeInput: nothing(), computeInfer: { count: 1, ns: 3_000 }, computeOutput: nothing() }],
      [1, { computeInput: nothing(), computeInfer: { count: 1, ns: 2_000 }, computeOutput: nothing() }],
    ]),
  };
}

const LOG: LogSettings = { info: true, warning: true, error: true, verboseLevel: 0 };

const NO_SHADOW = { shadow: undefined, share: 0, sinceMs: 0, copied: 0, pending: 0, dropped: {}, pairs: [] };

/** What a test can look at and turn on a fake service. */
export interface FakeService extends Service {
  isReady: boolean;
  readonly calls: { readonly name: string; readonly call: Call; readonly args: readonly unknown[] }[];
}

/** A service with the model `m` in versions 1 and 3, which remembers what it was asked. `overrides` replace use cases. */
export function createFakeService(overrides: Partial<UseCases> = {}): FakeService {
  const versions = [1, 3];
  const calls: FakeService['calls'] = [];
  const note = (name: string, call: CallContext, ...args: unknown[]): void => {
    // The server hands over its handles.
    calls.push({ name, call: call as Call, args });
  };
  const find = (name: string, version: number | undefined) => {
    if (name !== 'm') throw new MillraceError('not_found', `model '${name}' is not found`);
    if (version !== undefined && !versions.includes(version)) {
      throw new MillraceError('not_found', `model '${name}' has no version ${version}`);
    }
    return version ?? 3;
  };
  const statuses: readonly ModelStatus[] = [
    { name: 'broken', version: 1, state: { kind: 'failed', reason: 'not an ONNX file' }, info: undefined },
    ...versions.map((version) => ({
      name: 'm',
      version,
      state: { kind: 'ready' } as const,
      info: fakeModelInfo('m', version),
    })),
  ];
  const cases: UseCases = {
    access: nothingOf('access'),
    doctor: nothingOf('doctor'),
    events: nothingOf('events'),
    labels: nothingOf('labels'),
    audit: nothingOf('audit trail'),
    routes: nothingOf('routes'),
    shadows: {
      report: (_call, route) => Promise.resolve({ ...NO_SHADOW, route }),
      reset: () => Promise.resolve(),
    },
    quotas: nothingOf('quotas'),
    outcomes: {
      give: (_call, { requestId }) =>
        Promise.reject(new MillraceError('not_found', `there is no answer to request '${requestId}'`)),
      report: (_call, name) => Promise.reject(new MillraceError('not_found', `there is no route '${name}'`)),
    },
    rollouts: nothingOf('rollouts'),
    slos: nothingOf('SLOs'),
    payloads: nothingOf('payload log'),
    usage: nothingOf('usage'),
    keys: nothingOf('keys'),
    jobs: { ...nothingOf<Service['jobs']>('jobs'), enabled: false },
    files: { ...nothingOf<Service['files']>('files'), enabled: false },
    batches: nothingOf('batches'),
    reload: nothingOf('reload'),
    upgrade: () => Promise.reject(new MillraceError('failed_precondition', 'there is no new process')),
    modelReport: (_call, name) => ({ name, aliases: [], labels: {}, versions: [] }),
    modelReports: () => ({ models: [], next: undefined }),
    checkTarget: () => undefined,
    resolve: (_call, target) => fakeResolved(target, fakeModelInfo(target.name, find(target.name, target.version))),
    infer(call, { info }, request) {
      note('infer', call, request);
      return Promise.resolve({
        kind: 'one',
        timing: NO_TIMING,
        response: {
          ref: info.ref,
          id: request.id,
          outputs: request.inputs.map((input) => ({ ...input, name: 'y' })),
          parameters: NO_PARAMETERS,
        },
      });
    },
    info: () => ({ version: '0.0.0', hasSharedMemory: false }),
    metrics: async () => ({ contentType: 'text/plain; version=0.0.4', body: 'up 1\n' }),
    live: () => true,
    ready: () => fake.isReady,
    modelReady: (_call, name, version) => name === 'm' && (version === undefined || versions.includes(version)),
    modelInfo: (_call, name, version) => ({ info: fakeModelInfo(name, find(name, version)), versions }),
    modelConfig: (_call, name, version) =>
      resolveModelConfig(fakeModelInfo(name, find(name, version)).source.config, ONNX),
    tritonConfig: (_call, name, version) => toTritonConfig(fakeModelInfo(name, find(name, version))),
    modelStatuses: (_call, name, version) =>
      statuses.filter((status) => status.version === find(name, version) && status.name === name),
    modelVersions: (_call, name) =>
      statuses
        .filter((status) => status.name === name)
        .map(({ version, state, info }) => ({
          version,
          state,
          batching: info?.batching,
          instances: [],
          memory: undefined,
        })),
    modelStatistics(_call, name, version) {
      if (name === undefined) return versions.map((each) => fakeStatistics('m', each));
      return [fakeStatistics(name, find(name, version))];
    },
    modelGauges: (_call, ref) => ({
      ref,
      queuedRequests: 2,
      queuedBytes: 0,
      executingRequests: 1,
      activeSequences: 0,
      waitingSequences: 0,
      instances: [{ id: '0', pid: 4_711, up: true, restarts: 0 }],
    }),
    mayInfer: () => true,
    readyModels(call) {
      note('readyModels', call);
      return statuses.flatMap(({ info }) => (info === undefined ? [] : [info]));
    },
    repositoryIndex(call, options) {
      note('repositoryIndex', call, options);
      return options.readyOnly ? statuses.filter(({ state }) => state.kind === 'ready') : statuses;
    },
    loadModel(call, name, options) {
      note('loadModel', call, name, options);
      return Promise.resolve([]);
    },
    reloadModels(call, listed) {
      note('reloadModels', call, listed);
      return Promise.resolve();
    },
    unloadModel(call, name, options) {
      note('unloadModel', call, name, options);
      return Promise.resolve();
    },
    checkModel: (_call, _right, name) => void find(name, undefined),
    checkTracing: () => undefined,
    async changeTracing(call, model, change) {
      note('changeTracing', call, model);
      change();
    },
    logSettings: () => LOG,
    async changeLogSettings(call, change) {
      const changed = change();
      note('changeLogSettings', call, changed);
      return { ...LOG, ...changed };
    },
    systemSharedMemoryStatus: () => [],
    registerSystemSharedMemory: async (call, region) => note('registerSystemSharedMemory', call, region),
    unregisterSystemSharedMemory: async (call, name) => note('unregisterSystemSharedMemory', call, name),
  };
  const fake: FakeService = { isReady: true, calls, ...withCases(serviceOf(cases), overrides) };
  return fake;
}
