import type { Call, GenerationDelta } from '../../core/index.js';
import { jsonResponse } from '../route.js';
import { Choices, type ChoicesContext, type Generated } from '../shared/generation/choices.js';
import { event } from '../shared/generation/event-stream.js';
import type { Places } from '../shared/generation/parameter-error.js';
import { UsageCounter } from '../shared/generation/usage-counter.js';
import type { WireResponse, WireStream } from '../wire.js';
import type { ChatRequest } from './decode-chat.js';
import { callsOf, chatLogprobs, usageBody } from './encode.js';
import { chunkStream } from './event-stream.js';
import { type AnswerHead, createHead, TEXTS_ROUTE } from './head.js';

const PLACES: Places = { context_length_exceeded: 'messages', invalid_function_parameters: 'tools' };

/** `POST /v1/chat/completions`. */
export async function answerChat(
  context: ChoicesContext,
  call: Call,
  request: ChatRequest,
): Promise<WireResponse | WireStream> {
  const { clock } = context;
  call.timing.decodedAt = clock.now();
  const { model, n, formatPlace } = request;
  const choices = new Choices(context, call, {
    ...request,
    places: { ...PLACES, invalid_json_schema: formatPlace, invalid_grammar: formatPlace },
    textsRoute: TEXTS_ROUTE,
  });
  const head = createHead('chatcmpl-', model, clock);
  if (request.stream) return chunkStream(chunks({ request, choices, head }), clock);
  const usage = new UsageCounter(n);
  const answers = await choices.whole();
  return jsonResponse({
    id: head.id,
    object: 'chat.completion',
    created: head.created,
    model,
    choices: answers.map((answer, index) => {
      usage.note(index, answer.usage);
      return choiceOf(request, answer, index);
    }),
    usage: usageBody(usage.total()),
  });
}

function choiceOf({ logprobs }: ChatRequest, { delta, finishReason }: Generated, index: number): object {
  return {
    index,
    message: messageOf(delta),
    logprobs: logprobs ? chatLogprobs(delta) : null,
    finish_reason: finishReason ?? 'stop',
  };
}

function messageOf(delta: GenerationDelta): object {
  const { text: content, reasoning = '' } = delta;
  const calls = callsOf(delta).map(({ index: _, ...call }) => call);
  return {
    role: 'assistant',
    content: content === '' && calls.length > 0 ? null : content,
    refusal: null,
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
}

/** What a piece adds to the message: one kind of thing each. */
function deltasOf(delta: GenerationDelta): readonly object[] {
  const { text: content, reasoning = '' } = delta;
  const calls = callsOf(delta);
  return [
    ...(reasoning === '' ? [] : [{ reasoning_content: reasoning }]),
    ...(content === '' ? [] : [{ content }]),
    ...(calls.length === 0 ? [] : [{ tool_calls: calls }]),
  ];
}

interface Streamed {
  readonly request: ChatRequest;
  readonly choices: Choices;
  readonly head: AnswerHead;
}

async function* chunks({ request, choices, head }: Streamed): AsyncGenerator<string> {
  const { n, includeUsage, logprobs } = request;
  const usage = new UsageCounter(n);
  const begun = new Set<number>();
  const chunk = (list: readonly object[], total: object | null = null): string =>
    event({
      id: head.id,
      object: 'chat.completion.chunk',
      created: head.created,
      model: head.model,
      choices: list,
      ...(includeUsage ? { usage: total } : {}),
    });
  for await (const { index, delta: added, usage: taken, finishReason } of choices.pieces()) {
    usage.note(index, taken);
    if (!begun.has(index)) {
      begun.add(index);
      yield chunk([
        { index, delta: { role: 'assistant', content: '', refusal: null }, logprobs: null, finish_reason: null },
      ]);
    }
    // The probabilities of a piece are told once; those of text that never came, with the end.
    let probabilities = logprobs ? chatLogprobs(added) : null;
    for (const delta of deltasOf(added)) {
      yield chunk([{ index, delta, logprobs: probabilities, finish_reason: null }]);
      probabilities = null;
    }
    if (finishReason !== undefined) {
      const left = probabilities?.content.length === 0 ? null : probabilities;
      yield chunk([{ index, delta: {}, logprobs: left, finish_reason: finishReason }]);
    }
  }
  if (includeUsage) yield chunk([], usageBody(usage.total()));
}
