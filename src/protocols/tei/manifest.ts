import { dialectManifest } from '../manifest.js';
import { TeiOptionsSchema } from './options.js';

/** The API of Text Embeddings Inference. */
export const TEI = dialectManifest({
  name: 'tei',
  options: TeiOptionsSchema,
  load: async (context, options) => (await import('./dialect.js')).createTeiDialect(context, options),
});
