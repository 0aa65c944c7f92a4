import { expect, it } from 'vitest';
import { BUILT_IN_RUNTIMES } from '../../runtimes/index.js';
import { fromTritonConfig } from './from-triton.js';
import { parseTritonText } from './parse.js';

const ONE_TENSOR = 'input { name: "x" data_type: TYPE_FP32 dims: [16] }';

it.each([
  [
    'backend: "python"',
    "backend 'python' is not available; it runs Python code; port model.py to model.ts (docs/scripts.md), or export the model to ONNX and serve that",
  ],
  [
    'platform: "tensorrt_plan"',
    "platform 'tensorrt_plan' is not available; serve the ONNX file that the engine was built from, with backend 'onnxruntime'",
  ],
  [
    'platform: "pytorch_libtorch"',
    "platform 'pytorch_libtorch' is not available; export the model to ONNX and serve that (torch.onnx.export)",
  ],
  [
    'platform: "tensorflow_savedmodel"',
    "platform 'tensorflow_savedmodel' is not available; export the model to ONNX and serve that (tf2onnx)",
  ],
  [
    'backend: "dali"',
    "backend 'dali' is not available; expected onnxruntime or millrace or script or echo or identity or ensemble",
  ],
  ['platform: "ensemble"', "platform 'ensemble' needs an ensemble_scheduling block"],
  ['ensemble_scheduling {}', "ensemble_scheduling needs platform 'ensemble', got platform ''"],
  [
    'backend: "onnxruntime" ensemble_scheduling {}',
    "ensemble_scheduling needs platform 'ensemble', got backend 'onnxruntime'",
  ],
  ['platform: "ensemble" ensemble_scheduling {}', 'ensemble_scheduling: expected at least one step'],
  ['platform: "ensemble" ensemble_scheduling { step {} }', 'ensemble_scheduling.step 0: model_name is missing'],
  [
    'platform: "ensemble" ensemble_scheduling { step { model_name: "m" model_version: -2 } }',
    'ensemble_scheduling.step 0: model_version: expected a version, or -1, got -2',
  ],
  [
    'platform: "ensemble" ensemble_scheduling { step { model_name: "m" model_namespace: "n" } }',
    'ensemble_scheduling.step 0: model_namespace is not supported; models are known by their names alone',
  ],
  [
    'platform: "ensemble" instance_group [ { count: 2 } ] ensemble_scheduling {}',
    'instance_group: an ensemble has none; configure those of its models',
  ],
  [
    'platform: "ensemble" model_warmup [ { name: "w" } ] ensemble_scheduling {}',
    'model_warmup: an ensemble has none; configure that of its models',
  ],
  [
    'sequence_batching { iterative_sequence: true }',
    'sequence_batching.iterative_sequence is not supported; let the client send each step',
  ],
  [
    'sequence_batching { control_input { name: "S" } }',
    "sequence_batching.control_input 'S': expected one control, got 0",
  ],
  [
    'sequence_batching { control_input { name: "S" control { kind: CONTROL_SEQUENCE_START int32_false_true: [0] } } }',
    "sequence_batching.control_input 'S': expected two values in one of int32_false_true, fp32_false_true and bool_false_true",
  ],
  [
    'sequence_batching { control_input { name: "C" control { kind: CONTROL_SEQUENCE_CORRID } } }',
    "sequence_batching.control_input 'C': CONTROL_SEQUENCE_CORRID needs a data_type",
  ],
  [
    'sequence_batching { state { input_name: "s" output_name: "t" dims: [1] } }',
    "sequence_batching.state 's': data_type is missing",
  ],
  [
    'sequence_batching { state { input_name: "s" data_type: TYPE_FP32 initial_state {} initial_state {} } }',
    "sequence_batching.state 's': expected one initial_state at most, got 2",
  ],
  [
    'batch_input { target_name: "n" }',
    'batch_input and batch_output are not supported; the model must take its inputs from the request alone',
  ],
  ['model_operations { op_library_filename: "ops.so" }', 'model_operations: custom operator libraries are not loaded'],
  [
    'model_repository_agents { agents { name: "checksum" } }',
    'model_repository_agents are not supported; put the files into the repository as they are to be served',
  ],
  ['input { name: "x" is_shape_tensor: true }', 'is_shape_tensor is only known to TensorRT'],
  ['output { name: "x" is_non_linear_format_io: true }', 'is_non_linear_format_io is only known to TensorRT'],
  [`max_batch_size: -1 ${ONE_TENSOR}`, 'max_batch_size: expected at least 0, got -1'],
  ['input { dims: [1] }', 'a tensor has no name'],
  ['input { name: "x" dims: [3, 0] }', "input 'x': dims: expected sizes of at least 1, or -1, got 0"],
  ['version_policy { latest {} }', 'version_policy.latest.num_versions: expected at least 1, got 0'],
  ['version_policy { specific {} }', 'version_policy.specific: expected at least one version'],
  ['version_policy { specific { versions: [1, 0] } }', 'version_policy.specific.versions: expected at least 1, got 0'],
  ['dynamic_batching { priority_levels: 2 }', 'dynamic_batching.default_priority_level: expected 1 to 2, got 0'],
  [
    'dynamic_batching { priority_queue_policy { key: 1 value {} } }',
    'dynamic_batching.priority_queue_policy: there are no priority_levels',
  ],
  [
    'instance_group [ { kind: KIND_CPU }, { kind: KIND_GPU } ]',
    'instance_group: groups of different kinds are not supported; give all the same kind',
  ],
  [
    'parameters { key: "execution_mode" value { string_value: "2" } }',
    "parameters.execution_mode: expected 0 (sequential) or 1 (parallel), got '2'",
  ],
  [
    'parameters { key: "intra_op_thread_count" value { string_value: "many" } }',
    "parameters.intra_op_thread_count: expected a number of threads, got 'many'",
  ],
  [
    'parameters { key: "enable_mem_arena" value { string_value: "yes" } }',
    "parameters.enable_mem_arena: expected 0 or 1, got 'yes'",
  ],
  [
    'model_warmup { name: "w" inputs { key: "x" value { dims: [-1] zero_data: true } } }',
    "model_warmup 'w', input 'x': dims must be concrete, got [-1]",
  ],
  [
    'model_warmup { name: "w" inputs { key: "x" value { dims: [1] } } }',
    "model_warmup 'w', input 'x': expected one of zero_data, random_data, input_data_file",
  ],
])('fromTritonConfig refuses %s', (text, message) => {
  expect(() => fromTritonConfig(parseTritonText(text), BUILT_IN_RUNTIMES)).toThrow(new Error(message));
});
