import { CONTRACT_VERSION, type RuntimeManifest } from '../manifest.js';
import { estimateLlamaMemory } from './estimate-memory.js';
import { type LlamaConfig, LlamaSchema } from './section.js';

/** Models in GGUF files that generate, embed, rank or classify texts, by llama.cpp. */
export const LLAMA: RuntimeManifest<LlamaConfig> = {
  name: 'llama',
  contractVersion: CONTRACT_VERSION,
  tasks: ['generate', 'embed', 'rank', 'classify'],
  prepares: true,
  files: { endings: ['.gguf'] },
  options: LlamaSchema,
  librarySetting: 'llamaLibrary',
  placements: ['process'],
  placementReason: 'a language model runs in a runner process only, as it occupies processors and memory of its own',
  // Each stream leaves a little behind. V8 would let the young generation grow to 32 MB, 128 on Node 24, before it collects that.
  nodeOptions: '--max-semi-space-size=2',
  niceness: 5,
  // Evaluations run in libuv's pool: on another thread each time, they would be half as fast.
  environment: { UV_THREADPOOL_SIZE: '1' },
  estimateMemory: estimateLlamaMemory,
};
