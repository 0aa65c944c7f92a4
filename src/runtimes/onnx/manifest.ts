import type { RuntimeManifest } from '../manifest.js';
import { type OnnxConfig, OnnxSchema } from './section.js';
import { fromTriton, toTriton } from './triton.js';

/** ONNX models by ONNX Runtime. */
export const ONNX: RuntimeManifest<OnnxConfig> = {
  name: 'onnx',
  tasks: ['infer'],
  files: { endings: ['.onnx'] },
  options: OnnxSchema,
  optionDefaults: ({ instances }) => (instances?.kind === 'gpu' ? { executionProviders: ['cuda'] } : {}),
  triton: {
    backends: ['onnxruntime'],
    platforms: ['onnxruntime_onnx'],
    shownAs: 'onnxruntime',
    fromTriton,
    toTriton,
  },
};
