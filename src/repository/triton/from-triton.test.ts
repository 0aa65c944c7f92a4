import { describe, expect, it } from 'vitest';
import { BUILT_IN_RUNTIMES } from '../../runtimes/index.js';
import type { ModelConfig } from '../model-config.js';
import { fromTritonConfig } from './from-triton.js';
import { parseTritonText } from './parse.js';

function read(text: string): ModelConfig {
  return fromTritonConfig(parseTritonText(text), BUILT_IN_RUNTIMES).config;
}

const ONE_TENSOR = 'input { name: "x" data_type: TYPE_FP32 dims: [16] }';

describe('fromTritonConfig', () => {
  it('maps direct sequence batching with controls and states', () => {
    const text = `
      max_batch_size: 4 ${ONE_TENSOR}
      sequence_batching {
        max_sequence_idle_microseconds: 2500000
        direct { max_queue_delay_microseconds: 500 minimum_slot_utilization: 0.7 }
        control_input [
          { name: "START" control [ { kind: CONTROL_SEQUENCE_START int32_false_true: [ 0, 1 ] } ] },
          { name: "END" control [ { kind: CONTROL_SEQUENCE_END fp32_false_true: [ -1, 0.5 ] } ] },
          { name: "READY" control [ { kind: CONTROL_SEQUENCE_READY bool_false_true: [ false, true ] } ] },
          { name: "CORRID" control [ { kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_STRING } ] }
        ]
        state [
          { input_name: "a" output_name: "b" data_type: TYPE_FP32 dims: [ 2, 3 ] },
          { input_name: "c" output_name: "d" data_type: TYPE_INT8 dims: [ -1 ]
            initial_state { data_type: TYPE_INT8 dims: [ 5 ] data_file: "c.bin" name: "first" } },
          { input_name: "e" output_name: "f" data_type: TYPE_FP32 dims: [ 2, -1 ] }
        ]
      }`;
    expect(read(text)).toMatchObject({
      batching: { enabled: true, maxQueueDelayMs: 0.5 },
      sequenceBatching: {
        strategy: 'direct',
        minSlotUtilization: 0.7,
        maxIdleMs: 2_500,
        controls: [
          { name: 'START', kind: 'start', datatype: 'INT32', falseTrue: [0, 1] },
          { name: 'END', kind: 'end', datatype: 'FP32', falseTrue: [-1, 0.5] },
          { name: 'READY', kind: 'ready', datatype: 'BOOL', falseTrue: [0, 1] },
          { name: 'CORRID', kind: 'correlationId', datatype: 'BYTES' },
        ],
        states: [
          { input: 'a', output: 'b', datatype: 'FP32', shape: [1, 2, 3] },
          { input: 'c', output: 'd', datatype: 'INT8', shape: [1, 5], initial: { file: 'initial_state/c.bin' } },
          { input: 'e', output: 'f', datatype: 'FP32', shape: [1, 2, 1] },
        ],
      },
    });
  });

  it('maps oldest sequence batching, and a model without batch', () => {
    const oldest = 'max_candidate_sequences: 9 preferred_batch_size: [2] preserve_ordering: true';
    const state = 'state { input_name: "a" output_name: "b" data_type: TYPE_FP32 dims: [2] }';
    const { batching, sequenceBatching } = read(`${ONE_TENSOR} sequence_batching { oldest { ${oldest} } ${state} }`);
    expect(batching).toEqual({ enabled: true, preferredBatchSizes: [2], preserveOrder: true });
    expect(sequenceBatching).toEqual({
      strategy: 'oldest',
      maxCandidateSequences: 9,
      states: [{ input: 'a', output: 'b', datatype: 'FP32', shape: [2] }],
    });
    expect(read(`${ONE_TENSOR} sequence_batching {}`).sequenceBatching).toEqual({ strategy: 'direct' });
  });

  it('maps a batching ONNX model', () => {
    const text = `
      name: "mlp"
      platform: "onnxruntime_onnx"
      max_batch_size: 8
      input [ { name: "x" data_type: TYPE_FP32 dims: [16] }, { name: "k" data_type: TYPE_STRING dims: [-1] optional: true } ]
      output [ { name: "y" data_type: TYPE_BF16 dims: [10] label_filename: "labels.txt" } ]
      default_model_filename: "net.onnx"
      metric_tags { key: "team" value: "search" }
      parameters { key: "note" value { string_value: "free text" } }
    `;
    expect(fromTritonConfig(parseTritonText(text), BUILT_IN_RUNTIMES)).toEqual({
      config: {
        name: 'mlp',
        runtime: 'onnx',
        platform: 'onnxruntime_onnx',
        file: 'net.onnx',
        maxBatchSize: 8,
        inputs: [
          { name: 'x', datatype: 'FP32', shape: [-1, 16] },
          { name: 'k', datatype: 'BYTES', shape: [-1, -1], optional: true },
        ],
        outputs: [{ name: 'y', datatype: 'BF16', shape: [-1, 10], labels: 'labels.txt' }],
        batching: { enabled: false },
        parameters: { note: 'free text' },
        metricTags: { team: 'search' },
      },
      notices: [],
    });
  });

  it('maps an ensemble', () => {
    const config = read(`
      platform: "ensemble" max_batch_size: 64
      input [ { name: "in" data_type: TYPE_FP32 dims: [16] optional: true } ]
      output [ { name: "out" data_type: TYPE_FP32 dims: [10] } ]
      ensemble_scheduling {
        step [
          { model_name: "scale" model_version: -1 input_map { key: "raw" value: "in" } output_map { key: "s" value: "mid" } },
          { model_name: "mlp" model_version: 3 input_map { key: "x" value: "mid" } output_map { key: "y" value: "out" } }
        ]
        max_inflight_requests: 4
      }`);
    expect(config).toEqual({
      runtime: 'ensemble',
      platform: 'ensemble',
      maxBatchSize: 64,
      inputs: [{ name: 'in', datatype: 'FP32', shape: [-1, 16], optional: true }],
      outputs: [{ name: 'out', datatype: 'FP32', shape: [-1, 10] }],
      batching: { enabled: false },
      ensemble: {
        steps: [
          { model: 'scale', inputs: { raw: 'in' }, outputs: { s: 'mid' } },
          { model: 'mlp', version: 3, inputs: { x: 'mid' }, outputs: { y: 'out' } },
        ],
      },
    });
  });

  it('takes dims for the full shape where the model does not batch', () => {
    const config = read(
      'backend: "onnxruntime" max_batch_size: 0 input { name: "x" data_type: TYPE_INT64 dims: [1, -1] }',
    );
    expect(config).toEqual({
      runtime: 'onnx',
      maxBatchSize: 0,
      inputs: [{ name: 'x', datatype: 'INT64', shape: [1, -1] }],
      batching: { enabled: false },
    });
  });

  it('leaves open what is not written: batching, types and shapes come from the model file then', () => {
    expect(read('')).toEqual({});
    expect(read('name: "m" max_batch_size: 4 output { name: "y" }')).toEqual({
      name: 'm',
      maxBatchSize: 4,
      outputs: [{ name: 'y' }],
      batching: { enabled: false },
    });
  });

  it('maps reshapes, those to nothing too', () => {
    const config = read(`max_batch_size: 4
      input { name: "x" dims: [4] reshape { shape: [2, 2] } }
      output { name: "s" dims: [1] reshape { shape: [] } }`);
    expect(config.inputs).toEqual([{ name: 'x', shape: [-1, 4], reshape: [2, 2] }]);
    expect(config.outputs).toEqual([{ name: 's', shape: [-1, 1], reshape: [] }]);
  });

  it('maps version policies', () => {
    expect(read('version_policy { all {} }').versions).toBe('all');
    expect(read('version_policy { latest { num_versions: 3 } }').versions).toEqual({ latest: 3 });
    expect(read('version_policy: { specific { versions: [1, 3] } }').versions).toEqual({ specific: [1, 3] });
    expect(read('version_policy {}').versions).toBeUndefined();
  });

  it('maps dynamic batching with priorities and queue policies', () => {
    const config = read(`max_batch_size: 8 ${ONE_TENSOR}
      dynamic_batching {
        preferred_batch_size: [ 4, 8 ]
        max_queue_delay_microseconds: 1500
        preserve_ordering: true
        priority_levels: 3
        default_priority_level: 2
        default_queue_policy { timeout_action: DELAY default_timeout_microseconds: 200000 max_queue_size: 16 }
        priority_queue_policy { key: 3 value { allow_timeout_override: true } }
      }`);
    expect(config.batching).toEqual({
      enabled: true,
      preferredBatchSizes: [4, 8],
      maxQueueDelayMs: 1.5,
      preserveOrder: true,
    });
    expect(config.queue).toEqual({
      timeoutAction: 'delay',
      timeoutMs: 200,
      allowTimeoutOverride: false,
      maxRequests: 16,
    });
    expect(config.priorities).toEqual({
      levels: 3,
      default: 2,
      queues: { '3': { timeoutAction: 'reject', timeoutMs: 0, allowTimeoutOverride: true } },
    });
  });

  it('takes as many priority levels as a uint64 counts', () => {
    const config = read(`max_batch_size: 8 ${ONE_TENSOR}
      dynamic_batching { priority_levels: 18446744073709551615 default_priority_level: 1 }`);
    expect(config.priorities).toEqual({ levels: 2 ** 64 - 2 ** 11, default: 1 });
  });

  it('maps instance groups', () => {
    expect(read('instance_group { kind: KIND_CPU }').instances).toEqual({ count: 1, kind: 'cpu' });
    expect(read('instance_group [ { count: 2 }, { count: 3 } ]').instances).toEqual({ count: 5, kind: 'auto' });
    const gpu = read('instance_group { count: 1 kind: KIND_GPU gpus: [0] }');
    expect(gpu).toEqual({ instances: { count: 1, kind: 'gpu' } });
    const tensorrt = read(`instance_group { kind: KIND_GPU }
      optimization { execution_accelerators { gpu_execution_accelerator { name: "tensorrt" } } }`);
    expect(tensorrt.onnx).toEqual({ executionProviders: ['tensorrt', 'cuda'] });
  });

  it("maps the session settings of Triton's ONNX Runtime backend", () => {
    const parameter = (key: string, value: string) => `parameters { key: "${key}" value { string_value: "${value}" } }`;
    const config = read(
      [
        parameter('intra_op_thread_count', '4'),
        parameter('inter_op_thread_count', '0'),
        parameter('execution_mode', '1'),
        parameter('enable_mem_arena', '0'),
        parameter('enable_mem_pattern', '1'),
        'optimization { graph { level: 1 } }',
      ].join('\n'),
    );
    expect(config.onnx).toEqual({
      intraOpThreads: 4,
      interOpThreads: 0,
      executionMode: 'parallel',
      enableCpuMemArena: false,
      enableMemPattern: true,
      graphOptimization: 'extended',
    });
    expect(config.parameters?.intra_op_thread_count).toBe('4');
    expect(read(parameter('execution_mode', '0')).onnx).toEqual({ executionMode: 'sequential' });
    for (const [level, graphOptimization] of [
      [-1, 'basic'],
      [0, 'all'],
      [2, 'disabled'],
    ]) {
      expect(read(`optimization { graph { level: ${level} } }`).onnx).toEqual({ graphOptimization });
      expect(read(parameter('optimization.graph.level', String(level))).onnx).toEqual({ graphOptimization });
    }
  });

  it('maps warm-up samples', () => {
    const config = read(`model_warmup {
      name: "w" batch_size: 2 count: 3
      inputs { key: "z" value { data_type: TYPE_INT32 dims: [4] zero_data: true } }
      inputs { key: "r" value { data_type: TYPE_FP32 dims: [4] random_data: true } }
      inputs { key: "f" value { data_type: TYPE_FP32 dims: [4] input_data_file: "f.raw" } }
    } model_warmup { name: "once" }`);
    expect(config.warmup).toEqual([
      {
        name: 'w',
        batchSize: 2,
        count: 3,
        inputs: {
          z: { datatype: 'INT32', shape: [4], data: 'zero' },
          r: { datatype: 'FP32', shape: [4], data: 'random' },
          f: { datatype: 'FP32', shape: [4], data: { file: 'warmup/f.raw' } },
        },
      },
      { name: 'once', batchSize: 1, count: 1, inputs: {} },
    ]);
  });

  it("takes Triton's identity backend for echo", () => {
    expect(read('backend: "identity"').runtime).toBe('echo');
    expect(read('backend: "echo"').runtime).toBe('echo');
  });

  it('reads the response cache', () => {
    expect(read('response_cache { enable: true }').responseCache).toEqual({ enabled: true });
    expect(read('response_cache { enable: false }').responseCache).toBeUndefined();
  });

  it('reads the rate limiter', () => {
    const group = (more: string) => `{ name: "a" ${more} }`;
    const limiter = 'rate_limiter { resources [ { name: "R1" count: 4 }, { name: "R2" global: true } ] priority: 2 }';
    const rateLimiter = {
      resources: [
        { name: 'R1', count: 4 },
        { name: 'R2', count: 1, global: true },
      ],
      priority: 2,
    };
    const both = `instance_group [ ${group(limiter)}, ${group(limiter)} ]`;
    expect(fromTritonConfig(parseTritonText(both), BUILT_IN_RUNTIMES)).toMatchObject({
      config: { instances: { count: 2, kind: 'auto', rateLimiter } },
      notices: [],
    });
    expect(
      fromTritonConfig(parseTritonText(`instance_group [ ${group(limiter)}, ${group('')} ]`), BUILT_IN_RUNTIMES),
    ).toMatchObject({
      config: { instances: { rateLimiter } },
      notices: ["instance_group: the first group's rate_limiter holds for all groups"],
    });
  });

  it('says what it leaves aside', () => {
    const { notices } = fromTritonConfig(
      parseTritonText(`
        model_transaction_policy { decoupled: true }
        input { name: "x" dims: [-1] allow_ragged_batch: true }
        instance_group [ { name: "a" }, { name: "b" passive: true },
          { name: "c" host_policy: "numa0" } ]
        cc_model_filenames { key: "8.0" value: "a.onnx" }
        model_metrics { metric_control { metric_identifier { family: "nv_inference_first_response_histogram_ms" } } }
        optimization { priority: PRIORITY_MAX cuda { graphs: true } eager_batching: true
          execution_accelerators { cpu_execution_accelerator { name: "openvino" } } }`),
      BUILT_IN_RUNTIMES,
    );
    expect(notices).toEqual([
      'model_transaction_policy.decoupled is not supported; the model answers each request once',
      'allow_ragged_batch is not supported; only requests of equal shape run together',
      'optimization.priority is not supported; all models are equal',
      'optimization.cuda is ignored',
      'optimization.eager_batching is ignored; batches are formed when an instance is free',
      'cc_model_filenames is ignored; the same file is served on every device',
      'model_metrics is ignored; histograms have the buckets of the server',
      "instance_group 'b' is passive and is not started",
      'instance_group: host_policy and secondary_devices are not supported',
      "execution accelerator 'openvino' is not available; the model runs on ONNX Runtime's own CPU kernels",
    ]);
  });

  it('says that GPUs are not chosen, and nothing of ensembles that say themselves decoupled', () => {
    const notices = (text: string) => fromTritonConfig(parseTritonText(text), BUILT_IN_RUNTIMES).notices;
    expect(notices('instance_group { kind: KIND_GPU gpus: [1] }')).toEqual([
      'instance_group.gpus is not supported; instances run on the first GPU',
    ]);
    const step = 'step { model_name: "m" input_map { key: "x" value: "x" } output_map { key: "y" value: "y" } }';
    const ensemble = `platform: "ensemble" ensemble_scheduling { ${step} }`;
    expect(notices(`${ensemble} model_transaction_policy { decoupled: true }`)).toEqual([]);
  });
});
