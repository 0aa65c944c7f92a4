import type { Call } from '../../core/index.js';
import type { PrincipalStore } from '../../service/index.js';
import type { DecodeFunction } from '../decoding/jobs.js';
import type { DialectContext } from '../dialect.js';
import type { Route, RouteRequest } from '../route.js';
import { LARGE_BYTES, type WireResponse, type WireStream } from '../wire.js';
import { answerChat } from './chat.js';
import { answerCompletion } from './completions.js';
import { parseBody } from './decoders.js';
import { answerResponse, countInputTokens } from './responses.js';
import { deleteResponse, getResponse, listInputItems } from './stored-responses.js';
import { answerDetokenize, answerTokenize } from './tokenize.js';

const PARSE: DecodeFunction<{ readonly body: Uint8Array }, unknown> = {
  module: new URL('./decoders.js', import.meta.url).href,
  name: 'parseLargeBody',
};

type Generate = (context: OpenAiContext, call: Call, body: unknown) => Promise<WireResponse | WireStream>;

interface AboutStored {
  readonly summary: string;
  readonly answer: (store: PrincipalStore, call: Call, request: RouteRequest) => WireResponse;
}

/** What this dialect's routes are made with. */
export interface OpenAiContext extends DialectContext {
  /** Responses that callers come back for. */
  readonly store: PrincipalStore;
}

/** OpenAI's routes, those that are shared with others excepted. */
export function createOpenAiRoutes(context: OpenAiContext): readonly Route[] {
  const generating = (path: string, summary: string, answer: Generate): Route => ({
    method: 'POST',
    path,
    tag: 'openai',
    summary,
    access: 'key',
    control: false,
    inference: true,
    streams: true,
    body: { kind: 'bytes' },
    handle: async (call, { body }) => answer(context, call, await readBody(context, call, body)),
  });
  const stored = (method: 'GET' | 'DELETE', under: string, { summary, answer }: AboutStored): Route => ({
    method,
    path: `/v1/responses/{response}${under}`,
    tag: 'openai',
    summary,
    access: 'key',
    control: false,
    handle: (call, request) => answer(context.store, call, request),
  });
  return [
    generating('/v1/chat/completions', 'Answers a conversation', answerChat),
    generating('/v1/completions', 'Goes on with a text', answerCompletion),
    generating('/v1/responses', 'Answers a conversation, in items', answerResponse),
    generating('/v1/responses/input_tokens', 'Counts the tokens of a conversation', countInputTokens),
    stored('GET', '', { summary: 'A stored response', answer: getResponse }),
    stored('DELETE', '', { summary: 'Forgets a stored response', answer: deleteResponse }),
    stored('GET', '/input_items', { summary: 'What a stored response answers', answer: listInputItems }),
    generating('/tokenize', 'The tokens of a text', answerTokenize),
    generating('/detokenize', 'The text of tokens', answerDetokenize),
  ];
}

/** Much JSON takes a while to read, in which others are served. */
function readBody({ decoder }: DialectContext, call: Call, body: Uint8Array): unknown {
  if (body.length <= LARGE_BYTES) return parseBody(body);
  return decoder.decode(call, PARSE, { input: { body }, moves: [body] });
}
