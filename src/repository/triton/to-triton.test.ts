import { describe, expect, it } from 'vitest';
import type { Signature, TensorSpec } from '../../core/index.js';
import { BUILT_IN_RUNTIMES } from '../../runtimes/index.js';
import { ONNX } from '../../runtimes/onnx/manifest.js';
import { completeSignature } from '../complete.js';
import type { ModelConfig } from '../model-config.js';
import { fromTritonConfig } from './from-triton.js';
import { parseTritonJson, parseTritonText } from './parse.js';
import { type DescribedModel, toTritonConfig } from './to-triton.js';

function spec(name: string, datatype: TensorSpec['datatype'], shape: number[]): TensorSpec {
  return { name, datatype, shape, batchAxis: shape[0] === -1 ? 0 : null, optional: false };
}

/** A model as the engine describes it once it is loaded. */
function loaded(name: string, config: ModelConfig, described: Signature): DescribedModel {
  const completed = completeSignature({ declared: config, described, labels: {}, defaultMaxBatchSize: 64 });
  const manifest = BUILT_IN_RUNTIMES.find((runtime) => runtime.name === config.runtime) ?? ONNX;
  return {
    ...completed,
    ref: { name },
    source: {
      name,
      version: 1,
      repository: '/models',
      modelFolder: `/models/${name}`,
      path: `/models/${name}/1/model.onnx`,
      runtime: manifest.name,
      manifest,
      config,
      labels: {},
      sizeBytes: 0,
      digest: '',
      fingerprint: '',
    },
    platform: 'onnxruntime_onnx',
    decoupled: false,
    sequences: false,
    instances: config.instances?.count ?? 1,
    batching: { enabled: completed.maxBatchSize > 0 && config.batching?.enabled !== false },
  };
}

const MLP: Signature = { inputs: [spec('x', 'FP32', [-1, 16])], outputs: [spec('y', 'FP32', [-1, 10])] };

describe('toTritonConfig', () => {
  it('shows the completed configuration of a model without any, field by field as Triton does', () => {
    expect(JSON.stringify(toTritonConfig(loaded('mlp', {}, MLP)))).toBe(
      JSON.stringify({
        name: 'mlp',
        platform: 'onnxruntime_onnx',
        backend: 'onnxruntime',
        runtime: '',
        version_policy: { latest: { num_versions: 1 } },
        max_batch_size: 64,
        input: [
          {
            name: 'x',
            data_type: 'TYPE_FP32',
            format: 'FORMAT_NONE',
            dims: [16],
            is_shape_tensor: false,
            allow_ragged_batch: false,
            optional: false,
            is_non_linear_format_io: false,
          },
        ],
        output: [
          {
            name: 'y',
            data_type: 'TYPE_FP32',
            dims: [10],
            label_filename: '',
            is_shape_tensor: false,
            is_non_linear_format_io: false,
          },
        ],
        batch_input: [],
        batch_output: [],
        optimization: {
          priority: 'PRIORITY_DEFAULT',
          input_pinned_memory: { enable: true },
          output_pinned_memory: { enable: true },
          gather_kernel_buffer_threshold: 0,
          eager_batching: false,
        },
        dynamic_batching: {
          preferred_batch_size: [64],
          max_queue_delay_microseconds: 0,
          preserve_ordering: false,
          priority_levels: 0,
          default_priority_level: 0,
          priority_queue_policy: {},
        },
        instance_group: [
          {
            name: 'mlp_0',
            kind: 'KIND_CPU',
            count: 1,
            gpus: [],
            secondary_devices: [],
            profile: [],
            passive: false,
            host_policy: '',
          },
        ],
        default_model_filename: 'model.onnx',
        cc_model_filenames: {},
        metric_tags: {},
        parameters: {},
        model_warmup: [],
      }),
    );
  });

  it('shows full shapes and no batching block where the model does not batch', () => {
    const described = { inputs: [spec('s', 'BYTES', [2, -1])], outputs: [] };
    const config = toTritonConfig(loaded('m', {}, described));
    expect(config).toMatchObject({ max_batch_size: 0, input: [{ data_type: 'TYPE_STRING', dims: [2, -1] }] });
    expect(config).not.toHaveProperty('dynamic_batching');
  });

  it('shows the queue policy of a model whose batches have one row', () => {
    const text = `platform: "onnxruntime_onnx" max_batch_size: 1
      dynamic_batching { default_queue_policy { default_timeout_microseconds: 200000 max_queue_size: 2 } }`;
    const { config } = fromTritonConfig(parseTritonText(text), BUILT_IN_RUNTIMES);
    const model = { ...loaded('m', config, MLP), batching: { enabled: false } };
    expect(toTritonConfig(model)).toMatchObject({
      dynamic_batching: {
        preferred_batch_size: [1],
        default_queue_policy: { default_timeout_microseconds: 200_000, max_queue_size: 2 },
      },
    });
  });

  it('shows session settings of model.yaml under the names of the ONNX Runtime backend', () => {
    const onnx: ModelConfig['onnx'] = {
      intraOpThreads: 2,
      executionMode: 'parallel',
      enableCpuMemArena: false,
      graphOptimization: 'basic',
    };
    expect(toTritonConfig(loaded('m', { onnx, parameters: { note: 'x' } }, MLP))).toMatchObject({
      parameters: {
        intra_op_thread_count: { string_value: '2' },
        execution_mode: { string_value: '1' },
        enable_mem_arena: { string_value: '0' },
        note: { string_value: 'x' },
      },
      optimization: { graph: { level: -1 } },
    });
  });

  it('shows decoupled models and runtimes without a file', () => {
    const model = { ...loaded('e', { runtime: 'echo' }, MLP), platform: 'echo', decoupled: true };
    expect(toTritonConfig(model)).toMatchObject({
      platform: 'echo',
      backend: 'echo',
      default_model_filename: '',
      model_transaction_policy: { decoupled: true },
    });
  });

  it('shows the response cache and the rate limiter as they were written', () => {
    const written = `
      response_cache { enable: true }
      instance_group { rate_limiter { resources [ { name: "R1" global: true count: 2 } ] priority: 3 } }`;
    const { config } = fromTritonConfig(parseTritonText(written), BUILT_IN_RUNTIMES);
    expect(toTritonConfig(loaded('m', config, MLP))).toMatchObject({
      response_cache: { enable: true },
      instance_group: [{ rate_limiter: { resources: [{ name: 'R1', global: true, count: 2 }], priority: 3 } }],
    });
  });

  it('shows the steps of an ensemble, which has no instances', () => {
    const ensemble = {
      steps: [
        { model: 'scale', inputs: { raw: 'x' }, outputs: { scaled: 'mid' } },
        { model: 'mlp', version: 2, inputs: { x: 'mid' }, outputs: { y: 'y' } },
      ],
    };
    const shown = toTritonConfig({ ...loaded('e', { runtime: 'ensemble', ensemble }, MLP), platform: 'ensemble' });
    expect(Object.keys(shown)).toEqual([
      ...['name', 'platform', 'backend', 'runtime', 'version_policy', 'max_batch_size', 'input', 'output'],
      ...['batch_input', 'batch_output', 'ensemble_scheduling', 'instance_group', 'default_model_filename'],
      ...['cc_model_filenames', 'metric_tags', 'parameters', 'model_warmup'],
    ]);
    expect(shown).toMatchObject({
      platform: 'ensemble',
      backend: '',
      ensemble_scheduling: {
        step: [
          {
            model_name: 'scale',
            model_version: -1,
            input_map: { raw: 'x' },
            output_map: { scaled: 'mid' },
            model_namespace: '',
          },
          {
            model_name: 'mlp',
            model_version: 2,
            input_map: { x: 'mid' },
            output_map: { y: 'y' },
            model_namespace: '',
          },
        ],
      },
      instance_group: [],
      default_model_filename: '',
    });
  });

  const texts: readonly string[] = [
    'platform: "onnxruntime_onnx" max_batch_size: 8 dynamic_batching { preferred_batch_size: [4, 8] max_queue_delay_microseconds: 100 }',
    'platform: "onnxruntime_onnx" max_batch_size: 8 version_policy { all {} } instance_group { count: 2 kind: KIND_CPU }',
    'platform: "onnxruntime_onnx" max_batch_size: 4 version_policy { specific { versions: [1, 3] } } metric_tags { key: "a" value: "b" }',
    `platform: "onnxruntime_onnx" max_batch_size: 1 dynamic_batching {
       priority_levels: 3 default_priority_level: 2 priority_queue_policy { key: 3 value { max_queue_size: 1 } }
       default_queue_policy { timeout_action: DELAY default_timeout_microseconds: 100000 allow_timeout_override: true max_queue_size: 2 } }`,
    'platform: "onnxruntime_onnx" max_batch_size: 4 output { name: "y" data_type: TYPE_FP32 dims: [10] label_filename: "labels.txt" }',
    'platform: "onnxruntime_onnx" max_batch_size: 4 input { name: "x" data_type: TYPE_FP32 dims: [4, 4] reshape { shape: [16] } }',
    `platform: "onnxruntime_onnx" max_batch_size: 4 optimization { graph { level: 1 } }
       parameters { key: "intra_op_thread_count" value { string_value: "2" } }
       model_warmup { name: "z" batch_size: 2 count: 3 inputs { key: "x" value { data_type: TYPE_FP32 dims: [16] zero_data: true } } }
       model_warmup { name: "f" batch_size: 1 count: 1 inputs { key: "x" value { data_type: TYPE_FP32 dims: [16] input_data_file: "x.raw" } } }
       model_warmup { name: "r" batch_size: 1 count: 1 inputs { key: "x" value { data_type: TYPE_FP32 dims: [16] random_data: true } } }`,
    `platform: "ensemble" max_batch_size: 4
       input { name: "x" data_type: TYPE_FP32 dims: [16] } output { name: "y" data_type: TYPE_FP32 dims: [10] }
       ensemble_scheduling { step { model_name: "m" model_version: 2 input_map { key: "a" value: "x" } output_map { key: "b" value: "y" } } }`,
  ];
  it.each(texts)('shows what it has read: %s', (text) => {
    const { config } = fromTritonConfig(parseTritonText(text), BUILT_IN_RUNTIMES);
    const shown = parseTritonJson(toTritonConfig(loaded('m', config, MLP)));
    const again = fromTritonConfig(shown, BUILT_IN_RUNTIMES).config;
    // What the file and the server completed is written out now; the rest is as it was.
    expect(again).toMatchObject({
      ...config,
      ...(config.batching?.enabled === true && config.batching.preferredBatchSizes?.length === 0
        ? { batching: { ...config.batching, preferredBatchSizes: [config.maxBatchSize] } }
        : {}),
      ...(config.priorities === undefined ? {} : { priorities: { levels: 3, default: 2 } }),
    });
  });
});

describe('the sequence_batching block', () => {
  it('comes back as it was written', () => {
    const block = `
      max_batch_size: 4
      input { name: "x" data_type: TYPE_FP32 dims: [16] } output { name: "y" data_type: TYPE_FP32 dims: [10] }
      sequence_batching { max_sequence_idle_microseconds: 5000000
        oldest { max_candidate_sequences: 3 preferred_batch_size: [2, 4] max_queue_delay_microseconds: 100 }
        control_input { name: "END" control { kind: CONTROL_SEQUENCE_END bool_false_true: [ false, true ] } }
        state { input_name: "a" output_name: "b" data_type: TYPE_STRING dims: [ 2 ]
          initial_state { data_type: TYPE_STRING dims: [ 2 ] data_file: "a.bin" name: "first" } } }`;
    const { config } = fromTritonConfig(parseTritonText(block), BUILT_IN_RUNTIMES);
    const shown = toTritonConfig({ ...loaded('m', config, MLP), sequences: true });
    expect(shown).not.toHaveProperty('dynamic_batching');
    expect(fromTritonConfig(parseTritonJson(shown), BUILT_IN_RUNTIMES).config.sequenceBatching).toEqual(
      config.sequenceBatching,
    );
  });

  it('of a model that keeps state by itself has the defaults', () => {
    expect(toTritonConfig({ ...loaded('m', {}, MLP), sequences: true })).toMatchObject({
      sequence_batching: {
        max_sequence_idle_microseconds: 1_000_000,
        oldest: { max_candidate_sequences: 1024, preferred_batch_size: [], preserve_ordering: false },
        control_input: [],
        state: [],
      },
    });
  });
});
