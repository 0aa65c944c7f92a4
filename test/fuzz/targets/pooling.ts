import { httpShots } from '../make-http.js';
import { type FuzzTarget, GRPC_CODES, HTTP_STATUSES } from '../target.js';
import { ROW_MODEL, routeSamples } from './rows.js';

const RERANK_ROWS = /^\/(?:v[12]\/)?rerank$|^\/v[12]\/embed$/;
const TEI_ROWS = /^\/tei\//;

const COMMON = { models: ROW_MODEL, settings: {}, codes: GRPC_CODES, shots: 300 } as const;

/** The API of Text Embeddings Inference. */
export const TEI: FuzzTarget = {
  ...COMMON,
  name: 'tei',
  rows: TEI_ROWS,
  make: httpShots(routeSamples(TEI_ROWS)),
  statuses: [...HTTP_STATUSES, 422, 424],
  reaches: ['200', '404', '424'],
};

/** Ranks of Cohere, Jina and vLLM, and Cohere's embeddings. */
export const RERANK: FuzzTarget = {
  ...COMMON,
  name: 'rerank',
  rows: RERANK_ROWS,
  make: httpShots(routeSamples(RERANK_ROWS)),
  statuses: HTTP_STATUSES,
  reaches: ['400', '404'],
};
