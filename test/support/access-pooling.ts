import type { AccessRow } from './access-row.js';

/** The model embeds, ranks and classifies nothing. */
const refused = (request: object, answers = 400): AccessRow => ({ needs: 'model.infer', request, answers });
const EMBED = refused({ model: 'echo', input: 'a' });
const SCORE = refused({ model: 'echo', text_1: 'a', text_2: ['a'] });
const RERANK = refused({ model: 'echo', query: 'a', documents: ['a'] });
const COHERE_EMBED = refused({ model: 'echo', texts: ['a'] });
const TEI = refused({ inputs: 'a' }, 424);
/** UNIMPLEMENTED, as `wrongModel` says. */
const TEI_CALL: AccessRow = refused({ inputs: 'a' }, 12);
const TEI_RANKS: AccessRow = refused({ query: 'a', texts: ['b'] }, 12);
const TEI_INFO: AccessRow = { needs: 'model.read' };
const TEI_HEALTH: AccessRow = { needs: 'model.read', unknown: 503 };

/** HTTP routes for models that embed, rank or classify texts, by method and path. */
export const POOLING_ROWS: Readonly<Record<string, AccessRow>> = {
  'POST /v1/embeddings': EMBED,
  'POST /pooling': EMBED,
  'POST /classify': EMBED,
  'POST /score': SCORE,
  'POST /v1/score': SCORE,
  'POST /rerank': RERANK,
  'POST /v1/rerank': RERANK,
  'POST /v2/rerank': RERANK,
  'POST /v1/embed': COHERE_EMBED,
  'POST /v2/embed': COHERE_EMBED,
  'POST /tei/{model}': TEI,
  'POST /tei/{model}/embed': TEI,
  'POST /tei/{model}/embed_all': TEI,
  'POST /tei/{model}/embed_sparse': TEI,
  'POST /tei/{model}/similarity': TEI,
  'POST /tei/{model}/predict': TEI,
  'POST /tei/{model}/rerank': TEI,
  'POST /tei/{model}/tokenize': TEI,
  'POST /tei/{model}/decode': TEI,
  'POST /tei/{model}/v1/embeddings': TEI,
  'POST /tei/{model}/embeddings': TEI,
  'GET /tei/{model}/info': TEI_INFO,
  'GET /tei/{model}/metrics': { needs: 'model.observe' },
  'GET /tei/{model}': TEI_HEALTH,
  'GET /tei/{model}/health': TEI_HEALTH,
  'GET /tei/{model}/ping': TEI_HEALTH,
};

/** The methods of `tei.v1`, which ask the model of `tei.model`. */
export const POOLING_GRPC_ROWS: Readonly<Record<string, AccessRow>> = {
  '/tei.v1.Info/Info': TEI_INFO,
  ...Object.fromEntries(
    ['Embed/Embed', 'Embed/EmbedSparse', 'Embed/EmbedAll', 'Predict/Predict', 'Tokenize/Tokenize'].flatMap((name) => [
      [`/tei.v1.${name}`, TEI_CALL],
      [`/tei.v1.${name}Stream`, TEI_CALL],
    ]),
  ),
  '/tei.v1.Predict/PredictPair': refused({ inputs: ['a', 'b'] }, 12),
  '/tei.v1.Predict/PredictPairStream': refused({ inputs: ['a', 'b'] }, 12),
  '/tei.v1.Rerank/Rerank': TEI_RANKS,
  '/tei.v1.Rerank/RerankStream': refused({ query: 'a', text: 'b' }, 12),
  '/tei.v1.Tokenize/Decode': refused({ ids: [1] }, 12),
  '/tei.v1.Tokenize/DecodeStream': refused({ ids: [1] }, 12),
};
