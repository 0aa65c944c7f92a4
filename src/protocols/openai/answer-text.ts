import type { Call } from '../../core/index.js';
import type { DialectContext } from '../dialect.js';
import type { WireResponse, WireStream } from '../wire.js';
import { answerChat } from './chat.js';
import { answerCompletion } from './completions.js';
import { ParameterError } from './errors.js';
import { isObject } from './fields.js';
import { readBody } from './routes.js';

/** Chat completions and completions of a model that the body need not name, for platforms that pass bodies on. */
export function createTextHandlers(context: DialectContext) {
  const requestOf = async (call: Call, model: string, body: Uint8Array): Promise<object> => {
    const value = await readBody(context, call, body);
    if (isObject(value)) return { ...value, model };
    throw new ParameterError('', 'the body must be a JSON object');
  };
  return {
    chat: async (call: Call, model: string, body: Uint8Array): Promise<WireResponse | WireStream> =>
      answerChat(context, call, await requestOf(call, model, body)),
    completion: async (call: Call, model: string, body: Uint8Array): Promise<WireResponse | WireStream> =>
      answerCompletion(context, call, await requestOf(call, model, body)),
  };
}
