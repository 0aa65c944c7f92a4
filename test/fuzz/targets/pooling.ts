import { inFolder, textModelFiles } from '../../support/text-model.js';
import { call, grpcShots } from '../make-grpc.js';
import { httpShots, post } from '../make-http.js';
import type { Sample } from '../mutate.js';
import { anyOf } from '../shot.js';
import { type FuzzTarget, GRPC_CODES, HTTP_STATUSES } from '../target.js';
import { methodSamples, ROW_MODEL, routeSamples } from './rows.js';

const RERANK_ROWS = /^\/(?:v[12]\/)?rerank$|^\/v[12]\/embed$/;
const TEI_ROWS = /^\/tei\//;

/** A model for each task, which read letters. */
const LETTER_MODELS = {
  ...inFolder('letters/1', textModelFiles()),
  ...inFolder('weighs/1', textModelFiles({ output: 'sparse' })),
  ...inFolder('judge/1', textModelFiles({ output: 'rank' })),
  ...inFolder('sorts/1', textModelFiles({ output: 'classify' })),
  ...inFolder('finds/1', textModelFiles({ output: 'tokenClassify' })),
};
const COMMON = { models: { ...ROW_MODEL, ...LETTER_MODELS }, settings: {}, codes: GRPC_CODES, shots: 300 } as const;

const READING = { truncate: true, truncation_direction: 'Left' };
const LABELS = { candidate_labels: ['a', 'b'], hypothesis_template: '{} c', multi_label: true };
const TEI_SAMPLES: readonly Sample[] = [
  post('/tei/letters/embed', { inputs: ['a b', 'c'], normalize: false, dimensions: 2, ...READING }),
  post('/tei/letters/embed', { inputs: [[5, 6], [7]] }),
  post('/tei/letters/embed_all', { inputs: 'a b c', ...READING }),
  post('/tei/letters/similarity', { inputs: { source_sentence: 'a', sentences: ['b', 'c'] }, parameters: READING }),
  post('/tei/letters/v1/embeddings', { input: ['a', 'b c'], encoding_format: 'base64', dimensions: 3 }),
  post('/tei/letters/tokenize', { inputs: ['a b', 'c'], add_special_tokens: false }),
  post('/tei/letters/decode', { ids: [[2, 5, 3], [6]], skip_special_tokens: false }),
  post('/tei/weighs/embed_sparse', { inputs: ['a b', 'c'], ...READING }),
  post('/tei/judge/rerank', { query: 'a', texts: ['a b', 'c'], raw_scores: true, return_text: true, ...READING }),
  post('/tei/sorts/predict', {
    inputs: [
      ['a', 'b'],
      ['c', 'd'],
    ],
    raw_scores: true,
    ...READING,
  }),
  post('/tei/sorts', { inputs: ['a', 'b'], parameters: LABELS }),
  post('/tei/finds', { inputs: ['a b', 'c'], parameters: { aggregation_strategy: 'average', ignore_labels: ['O'] } }),
];
const RERANK_SAMPLES: readonly Sample[] = [
  post('/v1/rerank', {
    model: 'judge',
    query: 'a',
    documents: ['a b', { text: 'c' }],
    top_n: 1,
    return_documents: true,
  }),
  post('/v2/rerank', { model: 'judge', query: 'a', documents: ['a b', 'c'], max_tokens_per_doc: 4_096 }),
  post('/rerank', { model: 'judge', query: 'a', texts: ['a b', 'c'] }),
  post('/v1/embed', { model: 'letters', texts: ['a', 'b c'], input_type: 'search_document', truncate: 'END' }),
  post('/v2/embed', {
    model: 'letters',
    texts: ['a', 'b c'],
    input_type: 'search_query',
    embedding_types: ['float', 'int8', 'binary', 'base64'],
    output_dimension: 4,
  }),
];

/** The API of Text Embeddings Inference. */
export const TEI: FuzzTarget = {
  ...COMMON,
  name: 'tei',
  rows: TEI_ROWS,
  make: httpShots([...TEI_SAMPLES, ...routeSamples(TEI_ROWS)]),
  statuses: [...HTTP_STATUSES, 422, 424],
  reaches: ['200', '404', '422', '424'],
};

const READ = { truncate: true, truncation_direction: 'TRUNCATION_DIRECTION_LEFT' };
const CALLS = [
  ...['', 'Stream'].flatMap((stream) => [
    call(`/tei.v1.Embed/Embed${stream}`, { inputs: 'a b', normalize: true, dimensions: 2, ...READ }),
    call(`/tei.v1.Embed/EmbedAll${stream}`, { inputs: 'a b', ...READ }),
    call(`/tei.v1.Embed/EmbedSparse${stream}`, { inputs: 'a b', ...READ }),
    call(`/tei.v1.Predict/Predict${stream}`, { inputs: 'a b', raw_scores: true, ...READ }),
    call(`/tei.v1.Predict/PredictPair${stream}`, { inputs: ['a', 'b'], ...READ }),
  ]),
  call('/tei.v1.Rerank/Rerank', { query: 'a', texts: ['a b', 'c'], return_text: true, ...READ }),
  call('/tei.v1.Rerank/RerankStream', { query: 'a', text: 'a b', raw_scores: true, ...READ }),
];
const METHODS = /^\/tei\.v1\./;

/** The same over gRPC. */
export const TEI_GRPC: FuzzTarget = {
  ...COMMON,
  name: 'tei-grpc',
  rows: METHODS,
  make: anyOf([0.8, grpcShots(CALLS)], [0.2, grpcShots(methodSamples(METHODS))]),
  statuses: HTTP_STATUSES,
  reaches: ['gRPC 0', 'gRPC 3'],
};

/** Ranks of Cohere, Jina and vLLM, and Cohere's embeddings. */
export const RERANK: FuzzTarget = {
  ...COMMON,
  name: 'rerank',
  rows: RERANK_ROWS,
  make: httpShots([...RERANK_SAMPLES, ...routeSamples(RERANK_ROWS)]),
  statuses: HTTP_STATUSES,
  reaches: ['200', '400', '404'],
};
