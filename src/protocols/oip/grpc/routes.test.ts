import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { createTestCall } from '../../../../test/support/fake-grpc-stream.js';
import { createFakeService, type FakeService } from '../../../../test/support/fake-service.js';
import { protoBytes, protoJson } from '../../../../test/support/grpc-messages.js';
import { NO_TIMING } from '../../../../test/support/no-timing.js';
import { TRITON_EXTENSIONS } from '../../../../test/support/triton-extensions.js';
import type { MillraceError } from '../../../core/index.js';
import { createGrpcMethods } from './routes.js';

function methodsOf(service: FakeService) {
  return createGrpcMethods(service, { maxInputs: 4, clock: new FakeClock() });
}

/** Asks a method and gives its answer as JSON, without what is empty in it. */
async function ask(name: string, request: object = {}, service = createFakeService()): Promise<unknown> {
  const method = methodsOf(service).find(({ path }) => path === `/inference.GRPCInferenceService/${name}`);
  if (method?.kind !== 'unary') throw new Error(`no unary method ${name}`);
  const message = protoBytes(`${name}Request`, request);
  return protoJson(`${name}Response`, await method.handle(createTestCall(), message, {}));
}

const refusal = (name: string, request: object, service?: FakeService) =>
  ask(name, request, service).then(
    () => 'answered',
    (error: MillraceError) => `${error.code}: ${error.message}`,
  );

describe('createGrpcMethods', () => {
  it('takes large messages where tensors or files come', () => {
    const large = methodsOf(createFakeService()).filter((method) => method.largeMessages === true);
    const names = large.map(({ path }) => path.slice('/inference.GRPCInferenceService/'.length));
    expect(names.sort()).toEqual(['ModelInfer', 'ModelStreamInfer', 'RepositoryModelLoad']);
  });

  it('has all methods, and says who may call them where', () => {
    const flags = methodsOf(createFakeService()).map(({ path, kind, access, control }) => {
      return `${path.slice('/inference.GRPCInferenceService/'.length)} ${kind} ${access}${control ? ' control' : ''}`;
    });
    expect(flags.sort()).toEqual([
      'CudaSharedMemoryRegister unary key',
      'CudaSharedMemoryStatus unary key',
      'CudaSharedMemoryUnregister unary key',
      'LogSettings unary key control',
      'ModelConfig unary key',
      'ModelInfer unary key',
      'ModelMetadata unary key',
      'ModelReady unary key',
      'ModelStatistics unary key',
      'ModelStreamInfer stream key',
      'RepositoryIndex unary key',
      'RepositoryModelLoad unary key control',
      'RepositoryModelUnload unary key control',
      'ServerLive unary public',
      'ServerMetadata unary key',
      'ServerReady unary public',
      'SystemSharedMemoryRegister unary key',
      'SystemSharedMemoryStatus unary key',
      'SystemSharedMemoryUnregister unary key',
      'TraceSetting unary key control',
    ]);
  });
});

describe('ModelInfer', () => {
  it('carries a tensor there and back', async () => {
    const input = { name: 'x', datatype: 'INT8', shape: [2], contents: { int_contents: [-1, 7] } };
    expect(await ask('ModelInfer', { model_name: 'm', model_version: '1', id: 'é', inputs: [input] })).toEqual({
      model_name: 'm',
      model_version: '1',
      id: 'é',
      parameters: {},
      outputs: [{ name: 'y', datatype: 'INT8', shape: ['2'], parameters: {} }],
      raw_output_contents: ['/wc='],
    });
  });

  it('leaves out the data of outputs that went to shared memory, and says where they are', async () => {
    const sharedOutputs = new Map([['y', { region: 'r', offset: 8, sizeBytes: 4 }]]);
    const service = createFakeService({
      infer: (_call, _resolved, request) =>
        Promise.resolve({
          kind: 'one',
          timing: NO_TIMING,
          response: {
            ref: { name: 'm', version: 1, generation: 1 },
            id: request.id,
            parameters: {},
            sharedOutputs,
            outputs: [
              { name: 'y', datatype: 'FP32', shape: [1], data: new Uint8Array(0) },
              { name: 'z', datatype: 'UINT8', shape: [1], data: Uint8Array.of(9) },
            ],
          },
        }),
    });
    expect(await ask('ModelInfer', { model_name: 'm' }, service)).toMatchObject({
      outputs: [
        {
          parameters: {
            shared_memory_region: { string_param: 'r' },
            shared_memory_byte_size: { int64_param: '4' },
            shared_memory_offset: { int64_param: '8' },
          },
        },
        { parameters: {} },
      ],
      raw_output_contents: ['', 'CQ=='],
    });
  });

  it('says that it can carry one answer only', async () => {
    const asked: unknown[] = [];
    const service = createFakeService();
    const { resolve } = service.inference;
    service.inference.resolve = (call, target, options) => {
      asked.push(options);
      return resolve(call, target, options);
    };
    await ask('ModelInfer', { model_name: 'm' }, service);
    expect(asked).toEqual([{ onlyOne: 'which ModelInfer cannot carry; use ModelStreamInfer', whole: true }]);
  });
});

describe('health and metadata', () => {
  it('of the server', async () => {
    const service = createFakeService();
    service.isReady = false;
    expect(await ask('ServerLive')).toEqual({ live: true });
    expect(await ask('ServerReady')).toEqual({ ready: true });
    expect(await ask('ServerReady', {}, service)).toEqual({ ready: false });
    expect(await ask('ServerMetadata')).toEqual({
      name: 'millrace',
      version: '0.0.0',
      extensions: TRITON_EXTENSIONS,
    });
  });

  it('of a model', async () => {
    expect(await ask('ModelReady', { name: 'm' })).toEqual({ ready: true });
    expect(await ask('ModelReady', { name: 'm', version: '9' })).toEqual({ ready: false });
    expect(await ask('ModelReady', { name: 'nope' })).toEqual({ ready: false });
    expect(await ask('ModelMetadata', { name: 'm', version: '01' })).toEqual({
      name: 'm',
      versions: ['1', '3'],
      platform: 'onnxruntime_onnx',
      inputs: [{ name: 'x', datatype: 'FP32', shape: ['-1', '4'] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: ['-1', '4'] }],
      properties: { digest: `sha256:${'ab'.repeat(32)}` },
    });
    expect(await refusal('ModelMetadata', { name: 'nope' })).toBe("not_found: model 'nope' is not found");
    for (const name of ['ModelReady', 'ModelMetadata', 'ModelConfig', 'ModelStatistics']) {
      expect(await refusal(name, { name: 'm', version: 'abc' })).toBe(
        "invalid_argument: version 'abc': expected a positive integer",
      );
    }
  });

  it('of a configuration, all of which HTTP shows, too', async () => {
    const service = createFakeService();
    const shown = service.models.tritonConfig(createTestCall(), 'm', undefined);
    const { config } = (await ask('ModelConfig', { name: 'm', version: '-1' })) as { config: object };
    const strings = JSON.parse(JSON.stringify(shown), (key, value) =>
      key === 'dims' ? value.map(String) : key === 'max_queue_delay_microseconds' ? String(value) : value,
    );
    const { dynamic_batching: batching, ...rest } = strings;
    expect(config).toMatchObject(rest);
    expect(config).toMatchObject({ dynamic_batching: { preferred_batch_size: batching.preferred_batch_size } });
  });

  it('of statistics', async () => {
    const all = (await ask('ModelStatistics')) as { model_stats: readonly { version: string }[] };
    expect(all.model_stats.map(({ version }) => version)).toEqual(['1', '3']);
    const { model_stats } = (await ask('ModelStatistics', { name: 'm', version: '1' })) as typeof all;
    expect(model_stats).toMatchObject([
      {
        name: 'm',
        version: '1',
        last_inference: '1750000000000',
        inference_count: '3',
        execution_count: '2',
        inference_stats: { success: { count: '2', ns: '9007199254740991' }, queue: { count: '2', ns: '1000' } },
        batch_stats: [{ batch_size: '1' }, { batch_size: '2', compute_infer: { count: '1', ns: '3000' } }],
        response_stats: {},
      },
    ]);
    expect(await refusal('ModelStatistics', { name: 'nope' })).toBe("invalid_argument: model 'nope' is not found");
    expect(await refusal('ModelStatistics', { version: '1' })).toBe(
      'invalid_argument: expected the name of a model with version 1, got none',
    );
  });
});

describe('the model repository', () => {
  it('has an index', async () => {
    const service = createFakeService();
    const { models } = (await ask('RepositoryIndex', { ready: true, repository_name: 'r' }, service)) as {
      models: unknown;
    };
    expect(models).toEqual(['1', '3'].map((version) => ({ name: 'm', version, state: 'READY', reason: '' })));
    expect(service.calls[0]?.args).toEqual([{ readyOnly: true, repository: 'r' }]);
  });

  it('loads with a configuration and files, and unloads', async () => {
    const service = createFakeService();
    const parameters = { config: { string_param: '{}' }, 'file:1/model.onnx': { bytes_param: 'AQI=' } };
    expect(await ask('RepositoryModelLoad', { model_name: 'm', parameters }, service)).toEqual({});
    expect(await ask('RepositoryModelLoad', { model_name: 'm', repository_name: 'r' }, service)).toEqual({});
    const dependents = { unload_dependents: { bool_param: true } };
    expect(await ask('RepositoryModelUnload', { model_name: 'm', parameters: dependents }, service)).toEqual({});
    expect(service.calls.map(({ name, args }) => [name, ...args])).toEqual([
      ['loadModel', 'm', { config: '{}', files: new Map([['1/model.onnx', Buffer.of(1, 2)]]) }],
      ['loadModel', 'm', { repository: 'r' }],
      ['unloadModel', 'm', { unloadDependents: true }],
    ]);
  });

  it.each([
    ['Load', { config: { bool_param: true } }, "load parameter 'config': expected a string_param"],
    ['Load', { config: {} }, "load parameter 'config': expected a string_param"],
    ['Load', { 'file:1/a': { string_param: 'x' } }, "load parameter 'file:1/a': expected a bytes_param"],
    ['Load', { 'file:1/a': { bytes_param: '' } }, "load parameters 'file:…' need 'config' as well"],
    [
      'Load',
      { foo: { string_param: 'x' } },
      "load parameter 'foo' is unknown: expected 'config', 'source' or 'file:<version>/<file name>'",
    ],
    ['Unload', { unload_dependents: {} }, "unload parameter 'unload_dependents': expected a bool_param"],
  ])('%s refuses %j', async (action, parameters, message) => {
    expect(await refusal(`RepositoryModel${action}`, { model_name: 'm', parameters })).toBe(
      `invalid_argument: ${message}`,
    );
  });
});

describe('settings', () => {
  it('are read without any, and changed with some', async () => {
    const service = createFakeService();
    const trace = { trace_level: { value: ['OFF'] }, trace_rate: { value: [] }, foo: { value: ['x'] } };
    const read = await ask('TraceSetting', { model_name: 'm' }, service);
    expect(read).toMatchObject({
      settings: { trace_level: { value: ['OFF'] }, trace_rate: { value: ['1000'] }, trace_file: { value: [''] } },
    });
    expect(await ask('LogSettings', {}, service)).toMatchObject({
      settings: { log_info: { bool_param: true }, log_verbose_level: { uint32_param: 0 } },
    });
    expect(service.calls).toEqual([]);
    expect(await ask('TraceSetting', { model_name: 'm', settings: trace }, service)).toEqual(read);
    expect(await refusal('TraceSetting', { settings: { trace_count: { value: ['5'] } } }, service)).toBe(
      "unimplemented: trace_count: traces are set in the server's settings (telemetry.traces); only '-1' can be set",
    );
    await ask('LogSettings', { settings: { log_info: { bool_param: false }, bar: {} } }, service);
    expect(service.calls.map(({ args }) => args)).toEqual([['m'], [undefined], [{ info: false }]]);
  });

  it('are refused without a value, or with too many', async () => {
    expect(await refusal('LogSettings', { settings: { log_info: {} } })).toBe(
      'invalid_argument: log_info: expected a value, got none',
    );
    expect(await refusal('TraceSetting', { settings: { trace_rate: { value: ['1', '2'] } } })).toBe(
      'invalid_argument: trace_rate: expected 1 value, got 2',
    );
  });
});

describe('shared memory', () => {
  it('of the system is registered, shown and forgotten', async () => {
    const region = { name: 'r', key: '/k', offset: 4, sizeBytes: 64 };
    const service = createFakeService({ systemSharedMemoryStatus: () => [region] });
    const json = { name: 'r', key: '/k', offset: '4', byte_size: '64' };
    await ask('SystemSharedMemoryRegister', json, service);
    expect(await ask('SystemSharedMemoryStatus', {}, service)).toEqual({ regions: { r: json } });
    await ask('SystemSharedMemoryUnregister', { name: 'r' }, service);
    await ask('SystemSharedMemoryUnregister', {}, service);
    expect(service.calls.map(({ args }) => args)).toEqual([[region], ['r'], [undefined]]);
  });

  it('of GPUs is not there', async () => {
    expect(await ask('CudaSharedMemoryStatus')).toEqual({ regions: {} });
    expect(await ask('CudaSharedMemoryUnregister', { name: 'r' })).toEqual({});
    expect(await refusal('CudaSharedMemoryStatus', { name: 'r' })).toBe(
      "not_found: no CUDA shared memory region 'r' is registered",
    );
    expect(await refusal('CudaSharedMemoryRegister', { name: 'r' })).toBe(
      'unimplemented: this server does not offer CUDA shared memory; use system shared memory or send tensors in the request',
    );
  });
});
