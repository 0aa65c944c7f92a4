import type { Dialect, DialectContext } from '../dialect.js';
import { encodeError, TEI_STATUS } from './errors.js';
import type { TeiOptions } from './options.js';
import { atRoot, byPath, unnamedModel } from './place.js';
import type { TeiContext } from './read.js';
import { createTeiRoutes } from './routes.js';

/** The API of Text Embeddings Inference: below `/tei/{model}`, and for one model on an HTTP port of its own and over gRPC, whose requests name none. */
export function createTeiDialect(context: DialectContext, { maxTextBytes, model }: TeiOptions): Dialect {
  const parts: TeiContext = { ...context, maxTextBytes };
  const nameModel = unnamedModel(context, model);
  return {
    name: 'tei',
    description: "Text Embeddings Inference's API: embeddings, ranks and classes of texts, by model.",
    routes: createTeiRoutes(parts, byPath()),
    ownPortRoutes: createTeiRoutes(parts, atRoot(nameModel)),
    loadGrpc: async () => (await import('./grpc/part.js')).createGrpcPart(parts, nameModel),
    status: TEI_STATUS,
    encodeError,
  };
}
