import { randomUUID } from 'node:crypto';
import type { Call } from '../../core/index.js';
import { jsonResponse } from '../route.js';
import { ParameterError } from '../shared/generation/parameter-error.js';
import { poolingUsage } from '../shared/pooling/embeddings.js';
import { type RankedText, ranked } from '../shared/pooling/ranked.js';
import { runPooling } from '../shared/pooling/run.js';
import type { WireResponse } from '../wire.js';
import type { RerankRequest } from './decode-rerank.js';
import { type Asked, type RerankContext, readAsked } from './read.js';

/** Documents that Cohere counts as one search. */
const DOCUMENTS_PER_SEARCH = 100;

/** Ranks the texts of a body. `version`: of Cohere's API. */
export async function answerRerank(
  context: RerankContext,
  call: Call,
  { body, version }: { readonly body: Uint8Array; readonly version: string },
): Promise<WireResponse> {
  const asked = await readAsked(context, call, { kind: 'rerank', body });
  const { request, resolved, model } = asked;
  checkTokens(asked);
  const result = await runPooling(context, call, { resolved, request });
  const best = ranked(result).slice(0, request.topN);
  if (request.isTei) return jsonResponse(teiRanks(best, request));
  const { texts } = request;
  return jsonResponse({
    id: randomUUID(),
    object: 'list',
    model,
    results: best.map(({ index, score }) => ({
      index,
      ...(texts && { document: { text: texts[index] } }),
      relevance_score: score,
    })),
    usage: poolingUsage(result),
    meta: {
      api_version: { version },
      billed_units: { search_units: Math.ceil(request.count / DOCUMENTS_PER_SEARCH) },
    },
  });
}

function teiRanks(best: readonly RankedText[], { texts }: RerankRequest): readonly object[] {
  return best.map(({ index, score }) => ({ index, ...(texts && { text: texts[index] }), score }));
}

/** Documents are read as far as the model can, and no shorter. */
function checkTokens({ request: { maxTokens }, resolved }: Asked<RerankRequest>): void {
  const reads = resolved.info.tasks?.rank?.maxInputTokens ?? 0;
  if (maxTokens === undefined || maxTokens >= reads) return;
  const place = 'max_tokens_per_doc';
  throw new ParameterError(place, `'${place}': expected at least ${reads}, which the model reads, got ${maxTokens}`);
}
