import type { FolderContents } from './model-folder.js';
import { buildOnnx } from './onnx-builder.js';

/** `y = x × factor` for rows of four. */
function scale(factor: number): Uint8Array {
  return buildOnnx({
    inputs: [{ name: 'x', type: 'float32', dims: ['n', 4] }],
    outputs: [{ name: 'y', type: 'float32', dims: ['n', 4] }],
    nodes: [{ op: 'Mul', inputs: ['x', 'c'], outputs: ['y'] }],
    initializers: [{ name: 'c', type: 'float32', dims: [], data: Float32Array.of(factor) }],
  });
}

/** `sum = before + x`, or just `x` at the start of a sequence; `sum` is the state as well. */
const RUNNING_SUM = buildOnnx({
  inputs: [
    { name: 'x', type: 'float32', dims: ['n', 1] },
    { name: 'before', type: 'float32', dims: ['n', 1] },
    { name: 'start', type: 'float32', dims: ['n', 1] },
  ],
  outputs: [
    { name: 'sum', type: 'float32', dims: ['n', 1] },
    { name: 'after', type: 'float32', dims: ['n', 1] },
  ],
  nodes: [
    { op: 'Sub', inputs: ['one', 'start'], outputs: ['keep'] },
    { op: 'Mul', inputs: ['before', 'keep'], outputs: ['kept'] },
    { op: 'Add', inputs: ['kept', 'x'], outputs: ['sum'] },
    { op: 'Identity', inputs: ['sum'], outputs: ['after'] },
  ],
  initializers: [{ name: 'one', type: 'float32', dims: [], data: Float32Array.of(1) }],
});

/** Square pictures of a fixed size, flattened and added up: no batch dimension. */
const TOTAL = buildOnnx({
  inputs: [{ name: 'picture', type: 'float32', dims: [2, 2] }],
  outputs: [{ name: 'features', type: 'float32', dims: [4] }],
  nodes: [{ op: 'Reshape', inputs: ['picture', 'four'], outputs: ['features'] }],
  initializers: [{ name: 'four', type: 'int64', dims: [1], data: BigInt64Array.of(4n) }],
});

const SCORER = `name: "scorer"
platform: "onnxruntime_onnx"
max_batch_size: 16
input [ { name: "x" data_type: TYPE_FP32 dims: [ 4 ] } ]
output [ { name: "y" data_type: TYPE_FP32 dims: [ 4 ] label_filename: "labels.txt" } ]
version_policy: { specific { versions: [ 1, 3 ] } }
instance_group [ { count: 2 kind: KIND_CPU } ]
dynamic_batching {
  preferred_batch_size: [ 4, 8 ]
  max_queue_delay_microseconds: 2000
  priority_levels: 2
  default_priority_level: 2
  default_queue_policy { timeout_action: REJECT default_timeout_microseconds: 30000000 max_queue_size: 64 }
}
optimization { graph { level: 1 } }
parameters { key: "intra_op_thread_count" value: { string_value: "1" } }
model_warmup [
  { name: "zeros" batch_size: 8 inputs { key: "x" value { data_type: TYPE_FP32 dims: [ 4 ] zero_data: true } } },
  { name: "file" batch_size: 1 inputs { key: "x" value { data_type: TYPE_FP32 dims: [ 4 ] input_data_file: "x.raw" } } }
]
`;

const COUNTER = `name: "counter"
backend: "onnxruntime"
max_batch_size: 4
input [ { name: "x" data_type: TYPE_FP32 dims: [ 1 ] } ]
output [ { name: "sum" data_type: TYPE_FP32 dims: [ 1 ] } ]
sequence_batching {
  max_sequence_idle_microseconds: 60000000
  oldest { max_candidate_sequences: 8 max_queue_delay_microseconds: 1000 }
  control_input [
    { name: "start" control [ { kind: CONTROL_SEQUENCE_START fp32_false_true: [ 0, 1 ] } ] }
  ]
  state [ { input_name: "before" output_name: "after" data_type: TYPE_FP32 dims: [ 1 ] } ]
}
`;

const FEATURES = `name: "features"
platform: "onnxruntime_onnx"
max_batch_size: 0
input [ { name: "picture" data_type: TYPE_FP32 dims: [ 2, 2 ] format: FORMAT_NONE } ]
output [ { name: "features" data_type: TYPE_FP32 dims: [ 4 ] } ]
`;

const PIPELINE = `name: "pipeline"
platform: "ensemble"
max_batch_size: 8
input [ { name: "PICTURE" data_type: TYPE_FP32 dims: [ 2, 2 ] } ]
output [
  { name: "FIRST" data_type: TYPE_FP32 dims: [ 4 ] },
  { name: "LATEST" data_type: TYPE_FP32 dims: [ 4 ] }
]
ensemble_scheduling {
  step [
    {
      model_name: "features" model_version: -1
      input_map { key: "picture" value: "PICTURE" }
      output_map { key: "features" value: "flat" }
    },
    { model_name: "scorer" model_version: 1 input_map { key: "x" value: "flat" } output_map { key: "y" value: "FIRST" } },
    { model_name: "scorer" model_version: -1 input_map { key: "x" value: "flat" } output_map { key: "y" value: "LATEST" } }
  ]
}
`;

/** An ensemble of a model that keeps sequences: what a request says of its own goes to the model. */
const TALLY = `platform: "ensemble"
max_batch_size: 4
input [ { name: "VALUE" data_type: TYPE_FP32 dims: [ 1 ] } ]
output [ { name: "TOTAL" data_type: TYPE_FP32 dims: [ 1 ] } ]
ensemble_scheduling {
  step [ { model_name: "counter" model_version: -1 input_map { key: "x" value: "VALUE" } output_map { key: "sum" value: "TOTAL" } } ]
}
response_cache { enable: true }
`;

/** Served, but not with everything that it asks for. */
const WISHFUL = `name: "wishful"
platform: "onnxruntime_onnx"
max_batch_size: 16
input [ { name: "x" data_type: TYPE_FP32 dims: [ 4 ] allow_ragged_batch: true } ]
output [ { name: "y" data_type: TYPE_FP32 dims: [ 4 ] } ]
version_policy: { specific { versions: [ 1, 7 ] } }
instance_group [
  { name: "cpu" count: 1 kind: KIND_CPU rate_limiter { resources [ { name: "R" count: 1 } ] } },
  { name: "spare" count: 1 kind: KIND_CPU passive: true }
]
optimization {
  priority: PRIORITY_MAX
  execution_accelerators { cpu_execution_accelerator [ { name: "openvino" } ] }
}
`;

const ENGINE = `name: "engine"
platform: "tensorrt_plan"
max_batch_size: 8
input [ { name: "x" data_type: TYPE_FP32 dims: [ 4 ] } ]
output [ { name: "y" data_type: TYPE_FP32 dims: [ 4 ] } ]
`;

/** A model repository as Triton's users have it: every scheduler, version policies, instance groups, warm-up, an ensemble. */
export const TRITON_REPOSITORY: FolderContents = {
  'scorer/config.pbtxt': SCORER,
  'scorer/labels.txt': 'north\neast\nsouth\nwest\n',
  'scorer/warmup/x.raw': new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer),
  ...Object.fromEntries([1, 2, 3].map((version) => [`scorer/${version}/model.onnx`, scale(version)])),
  'counter/config.pbtxt': COUNTER,
  'counter/1/model.onnx': RUNNING_SUM,
  'features/config.pbtxt': FEATURES,
  'features/1/model.onnx': TOTAL,
  'pipeline/config.pbtxt': PIPELINE,
  'pipeline/1/': '',
  'tally/config.pbtxt': TALLY,
  'wishful/config.pbtxt': WISHFUL,
  'wishful/1/model.onnx': scale(1),
  'engine/config.pbtxt': ENGINE,
  'engine/1/model.plan': 'not for a CPU',
};
