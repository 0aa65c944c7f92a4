import type { AccessRow } from './access-row.js';

/** The model embeds, ranks and classifies nothing. */
const refused = (request: object): AccessRow => ({ needs: 'model.infer', request, answers: 400 });
const EMBED = refused({ model: 'echo', input: 'a' });
const SCORE = refused({ model: 'echo', text_1: 'a', text_2: ['a'] });

/** HTTP routes for models that embed, rank or classify texts, by method and path. */
export const POOLING_ROWS: Readonly<Record<string, AccessRow>> = {
  'POST /v1/embeddings': EMBED,
  'POST /pooling': EMBED,
  'POST /classify': EMBED,
  'POST /score': SCORE,
  'POST /v1/score': SCORE,
};
