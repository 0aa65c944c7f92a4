import { type ErrorCode, type MillraceError, Turns } from '../../core/index.js';
import type { Dialect, DialectContext } from '../dialect.js';
import type { Route } from '../route.js';
import { HTTP_STATUS } from '../shared/http-errors.js';
import { ContentError } from '../shared/invocations/content-error.js';
import { createVectorAnswer } from '../shared/pooling/write-vectors.js';
import type { WireResponse } from '../wire.js';
import { answerEmbed } from './answer-embed.js';
import { answerRerank } from './answer-rerank.js';
import { EMBED_OPERATION, EMBED_V1_OPERATION, rerankOperation } from './openapi.js';
import type { RerankOptions } from './options.js';

/** Paths of the same route, with the version of Cohere's API and the name of the operation. */
const RERANK_PATHS = [
  { path: '/rerank', version: '2', operationId: 'rerank' },
  { path: '/v1/rerank', version: '1', operationId: 'rerankV1' },
  { path: '/v2/rerank', version: '2', operationId: 'rerankV2' },
] as const;

const EMBED_PATHS = [
  { path: '/v1/embed', version: '1', operation: EMBED_V1_OPERATION },
  { path: '/v2/embed', version: '2', operation: EMBED_OPERATION },
] as const;

/** The rerank API of Cohere, Jina and vLLM, and Cohere's embeddings. */
export function createRerankDialect(context: DialectContext, { maxTextBytes }: RerankOptions): Dialect {
  const parts = { ...context, maxTextBytes };
  const answer = createVectorAnswer(new Turns(context.clock));
  return {
    name: 'rerank',
    description: 'Ranks of texts for a query, as Cohere, Jina and vLLM have them, and embeddings as Cohere has them.',
    routes: [
      ...RERANK_PATHS.map(({ path, version, operationId }) =>
        posted(path, {
          summary: 'Rank texts for a query',
          operation: rerankOperation(operationId),
          handle: (call, { body }) => answerRerank(parts, call, { body, version }),
        }),
      ),
      ...EMBED_PATHS.map(({ path, version, operation }) =>
        posted(path, {
          summary: "Create embeddings in Cohere's form",
          operation,
          handle: (call, { body }) => answerEmbed(parts, call, { body, version, answer }),
        }),
      ),
    ],
    status: RERANK_STATUS,
    encodeError,
  };
}

function posted(path: string, described: Pick<Route, 'summary' | 'operation' | 'handle'>): Route {
  return {
    method: 'POST',
    path,
    tag: 'rerank',
    ...described,
    access: 'key',
    control: false,
    inference: true,
    body: { kind: 'bytes' },
  };
}

/** HTTP status of each error, such that Cohere's clients try again where that helps. */
const RERANK_STATUS: Readonly<Record<ErrorCode, number>> = { ...HTTP_STATUS, unimplemented: 400 };

/** `{"message": text}`, as Cohere writes errors. */
function encodeError(error: MillraceError, status: number): WireResponse {
  return {
    status: error instanceof ContentError ? error.status : status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ message: error.message }),
  };
}
