import type { AccessRow } from './access-row.js';

/** The model does not generate text. */
const CHAT: AccessRow = {
  needs: 'model.infer',
  request: { model: 'echo', messages: [{ role: 'user', content: 'a' }] },
  answers: 400,
};
const COMPLETE: AccessRow = { needs: 'model.infer', request: { model: 'echo', prompt: 'a' }, answers: 400 };

/** Routes that generate text, by method and path. */
export const TEXT_ROWS: Readonly<Record<string, AccessRow>> = {
  'POST /v1/chat/completions': CHAT,
  'POST /v1/completions': COMPLETE,
  'POST /v1/responses': { needs: 'model.infer', request: { model: 'echo', input: 'a' }, answers: 400 },
  'POST /v1/responses/input_tokens': { needs: 'model.infer', request: { model: 'echo', input: 'a' }, answers: 400 },
  'GET /v1/responses/{response}': { needs: 'model.infer', on: 'anything', answers: 404 },
  'DELETE /v1/responses/{response}': { needs: 'model.infer', on: 'anything', answers: 404 },
  'POST /v1/responses/{response}/cancel': { needs: 'model.infer', on: 'anything', answers: 404 },
  'GET /v1/responses/{response}/input_items': { needs: 'model.infer', on: 'anything', answers: 404 },
  'POST /v1/messages': { ...CHAT, request: { ...CHAT.request, max_tokens: 1 } },
  'POST /v1/messages/count_tokens': CHAT,
  'POST /v1/messages/batches': { needs: 'a credential', answers: 400 },
  'POST /tokenize': { needs: 'model.infer', request: { model: 'echo', content: 'a' }, answers: 400 },
  'POST /detokenize': { needs: 'model.infer', request: { model: 'echo', tokens: [1] }, answers: 400 },
  'POST /apply-template': CHAT,
};
