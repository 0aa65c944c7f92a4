import { dialectManifest } from '../manifest.js';
import { TeiOptionsSchema } from './options.js';

/** The API of Text Embeddings Inference. */
export const TEI = dialectManifest({
  name: 'tei',
  options: TeiOptionsSchema,
  grpcServices: ['tei.v1.Info', 'tei.v1.Embed', 'tei.v1.Predict', 'tei.v1.Rerank', 'tei.v1.Tokenize'],
  load: async (context, options) => (await import('./dialect.js')).createTeiDialect(context, options),
});
