import { CONTRACT_VERSION, type RuntimeManifest } from '../manifest.js';
import { type OnnxConfig, OnnxSchema } from './section.js';
import { fromTriton, toTriton } from './triton.js';

/** ONNX models by ONNX Runtime. */
export const ONNX: RuntimeManifest<OnnxConfig> = {
  name: 'onnx',
  contractVersion: CONTRACT_VERSION,
  files: { endings: ['.onnx'] },
  options: OnnxSchema,
  // Little happens in JavaScript. V8 would let the young generation grow to 32 MB, 128 on Node 24, and have more threads.
  nodeOptions: '--max-semi-space-size=2 --v8-pool-size=1',
  optionDefaults: ({ instances }) => (instances?.kind === 'gpu' ? { executionProviders: ['cuda'] } : {}),
  triton: {
    backends: ['onnxruntime'],
    platforms: ['onnxruntime_onnx'],
    shownAs: 'onnxruntime',
    fromTriton,
    toTriton,
  },
};
