import type { Call, InferResponse } from '../../core/index.js';
import { jsonResponse } from '../route.js';
import type { WireResponse, WireStream } from '../wire.js';
import { Choices, type ChoicesContext } from './choices.js';
import type { ChatRequest } from './decode-chat.js';
import { callsOf, chatLogprobs, reasoningOf, textOf } from './encode.js';
import type { Places } from './errors.js';
import { type AnswerHead, createHead } from './head.js';
import { event, eventStream } from './sse.js';
import { UsageCounter } from './usage.js';

const PLACES: Places = {
  context_length_exceeded: 'messages',
  invalid_json_schema: 'response_format',
  invalid_function_parameters: 'tools',
};

/** `POST /v1/chat/completions`. */
export async function answerChat(
  context: ChoicesContext,
  call: Call,
  request: ChatRequest,
): Promise<WireResponse | WireStream> {
  const { clock } = context;
  call.timing.decodedAt = clock.now();
  const { model, inputs, n, parameters } = request;
  const choices = new Choices(context, call, { model, inputs, n, parameters, places: PLACES });
  const head = createHead('chatcmpl-', model, clock);
  if (request.stream) return eventStream(chunks({ request, choices, head }), clock);
  const usage = new UsageCounter(n);
  const responses = await choices.whole();
  return jsonResponse({
    id: head.id,
    object: 'chat.completion',
    created: head.created,
    model,
    choices: responses.map((response, index) => {
      usage.note(index, response.usage);
      return choiceOf(request, response, index);
    }),
    usage: usage.body(),
  });
}

function choiceOf({ logprobs }: ChatRequest, response: InferResponse, index: number): object {
  return {
    index,
    message: messageOf(response),
    logprobs: logprobs ? chatLogprobs(response) : null,
    finish_reason: response.finishReason ?? 'stop',
  };
}

function messageOf(response: InferResponse): object {
  const content = textOf(response);
  const reasoning = reasoningOf(response);
  const calls = callsOf(response).map(({ index: _, ...call }) => call);
  return {
    role: 'assistant',
    content: content === '' && calls.length > 0 ? null : content,
    refusal: null,
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
}

/** What a piece adds to the message: one kind of thing each. */
function deltasOf(response: InferResponse): readonly object[] {
  const content = textOf(response);
  const reasoning = reasoningOf(response);
  const calls = callsOf(response);
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
  for await (const { index, response } of choices.pieces()) {
    usage.note(index, response.usage);
    if (!begun.has(index)) {
      begun.add(index);
      yield chunk([
        { index, delta: { role: 'assistant', content: '', refusal: null }, logprobs: null, finish_reason: null },
      ]);
    }
    // The probabilities of a piece are told once; those of text that never came, with the end.
    let probabilities = logprobs ? chatLogprobs(response) : null;
    for (const delta of deltasOf(response)) {
      yield chunk([{ index, delta, logprobs: probabilities, finish_reason: null }]);
      probabilities = null;
    }
    if (response.finishReason !== undefined) {
      const left = probabilities?.content.length === 0 ? null : probabilities;
      yield chunk([{ index, delta: {}, logprobs: left, finish_reason: response.finishReason }]);
    }
  }
  if (includeUsage) yield chunk([], usage.body());
}
