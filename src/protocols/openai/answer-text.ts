import type { Call } from '../../core/index.js';
import type { DialectContext } from '../dialect.js';
import type { WireResponse, WireStream } from '../wire.js';
import { answerChat } from './chat.js';
import { answerCompletion } from './completions.js';
import type { OpenAiOptions } from './options.js';
import { readRequest } from './read-request.js';

/** Chat completions and completions of a model that the body need not name, for platforms that pass bodies on. */
export function createTextHandlers(dialect: DialectContext, options: OpenAiOptions) {
  const context = { ...dialect, ...options };
  return {
    chat: async (call: Call, model: string, body: Uint8Array): Promise<WireResponse | WireStream> =>
      answerChat(context, call, await readRequest(context, call, { kind: 'chat', body, model })),
    completion: async (call: Call, model: string, body: Uint8Array): Promise<WireResponse | WireStream> =>
      answerCompletion(context, call, await readRequest(context, call, { kind: 'completion', body, model })),
  };
}
