import type { Dialect, DialectContext } from '../dialect.js';
import { encodeError, TEI_STATUS } from './errors.js';
import type { TeiOptions } from './options.js';
import { atRoot, byPath } from './place.js';
import type { TeiContext } from './read.js';
import { createTeiRoutes } from './routes.js';

/** The API of Text Embeddings Inference, below `/tei/{model}`, and on a port of its own also without that. */
export function createTeiDialect(context: DialectContext, { maxTextBytes, model }: TeiOptions): Dialect {
  const parts: TeiContext = { ...context, maxTextBytes };
  return {
    name: 'tei',
    description: "Text Embeddings Inference's API: embeddings, ranks and classes of texts, by model.",
    routes: createTeiRoutes(parts, byPath()),
    ownPortRoutes: createTeiRoutes(parts, atRoot(context, model)),
    status: TEI_STATUS,
    encodeError,
  };
}
