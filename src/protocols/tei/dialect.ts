import type { Dialect, DialectContext } from '../dialect.js';
import { encodeError, TEI_STATUS } from './errors.js';
import type { TeiOptions } from './options.js';
import { createTeiRoutes } from './routes.js';

/** The API of Text Embeddings Inference, below `/tei/{model}`. */
export function createTeiDialect(context: DialectContext, { maxTextBytes }: TeiOptions): Dialect {
  return {
    name: 'tei',
    description: "Text Embeddings Inference's API: embeddings, ranks and classes of texts, by model.",
    routes: createTeiRoutes({ ...context, maxTextBytes }),
    status: TEI_STATUS,
    encodeError,
  };
}
