import type { ModelInfo } from '../../src/engine/index.js';
import { ONNX } from '../../src/runtimes/onnx/manifest.js';

/** What the engine says of a loaded ONNX model with one input and one output. */
export function modelInfo(name: string, change: Partial<ModelInfo> = {}): ModelInfo {
  return {
    ref: { name, version: 1, generation: name.length },
    source: {
      name,
      version: 1,
      repository: '/models',
      modelFolder: `/models/${name}`,
      path: `/models/${name}/1/model.onnx`,
      runtime: 'onnx',
      manifest: ONNX,
      config: {},
      labels: {},
      sizeBytes: 0,
      digest: '',
      fingerprint: '',
    },
    signature: {
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2], batchAxis: 0, optional: false }],
      outputs: [{ name: 'y', datatype: 'INT64', shape: [-1], batchAxis: 0, optional: false }],
    },
    maxBatchSize: 8,
    platform: 'onnxruntime_onnx',
    decoupled: false,
    pure: true,
    sequences: false,
    placement: 'process',
    instances: 1,
    loadMs: 120,
    batching: { enabled: true, cause: 'measured_at_load', reason: 'measured: it pays' },
    ...change,
  };
}
