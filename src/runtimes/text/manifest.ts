import { CONTRACT_VERSION, type RuntimeManifest } from '../manifest.js';
import { type TextConfig, TextSchema } from './section.js';

/** Encoders that embed (also sparsely), rank or classify texts, or classify tokens: folders in the layout of Hugging Face with a graph for ONNX Runtime. */
export const TEXT: RuntimeManifest<TextConfig> = {
  name: 'text',
  contractVersion: CONTRACT_VERSION,
  tasks: ['embed', 'sparse', 'rank', 'classify', 'tokenClassify'],
  prepares: true,
  // A tokenizer lies beside models of other runtimes, too.
  files: { endings: ['tokenizer.json'], names: ['tokenizer.json'], noun: 'tokenizer', yields: true },
  options: TextSchema,
  placements: ['process'],
  placementReason: 'a text model runs in a runner process only, as it has a preparer in one',
  // As for ONNX models.
  nodeOptions: '--max-semi-space-size=2 --v8-pool-size=1',
  niceness: 5,
  // Texts are tokenised on the threads of libuv; more would take the processors of models.
  environment: { TOKENIZERS_PARALLELISM: 'false' },
};
