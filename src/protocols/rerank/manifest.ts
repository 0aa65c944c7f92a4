import { dialectManifest } from '../manifest.js';
import { RerankOptionsSchema } from './options.js';

/** The rerank API of Cohere, Jina and vLLM, and Cohere's embeddings. */
export const RERANK = dialectManifest({
  name: 'rerank',
  options: RerankOptionsSchema,
  load: async (context, options) => (await import('./dialect.js')).createRerankDialect(context, options),
});
