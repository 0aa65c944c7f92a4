import type { Call } from '../../core/index.js';
import type { DecodeFunction } from '../decoding/jobs.js';
import type { DialectContext } from '../dialect.js';
import type { Route } from '../route.js';
import { LARGE_BYTES, type WireResponse, type WireStream } from '../wire.js';
import { answerChat } from './chat.js';
import { answerCompletion } from './completions.js';
import { parseBody } from './decoders.js';
import { answerResponse } from './responses.js';
import { answerDetokenize, answerTokenize } from './tokenize.js';

const PARSE: DecodeFunction<{ readonly body: Uint8Array }, unknown> = {
  module: new URL('./decoders.js', import.meta.url).href,
  name: 'parseLargeBody',
};

/** OpenAI's routes that generate. */
export function createOpenAiRoutes(context: DialectContext): readonly Route[] {
  const generating = (
    path: string,
    summary: string,
    answer: (context: DialectContext, call: Call, body: unknown) => Promise<WireResponse | WireStream>,
  ): Route => ({
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
  return [
    generating('/v1/chat/completions', 'Answers a conversation', answerChat),
    generating('/v1/completions', 'Goes on with a text', answerCompletion),
    generating('/v1/responses', 'Answers a conversation, in items', answerResponse),
    generating('/tokenize', 'The tokens of a text', answerTokenize),
    generating('/detokenize', 'The text of tokens', answerDetokenize),
  ];
}

/** Much JSON takes a while to read, in which others are served. */
function readBody({ decoder }: DialectContext, call: Call, body: Uint8Array): unknown {
  if (body.length <= LARGE_BYTES) return parseBody(body);
  return decoder.decode(call, PARSE, { input: { body }, moves: [body] });
}
