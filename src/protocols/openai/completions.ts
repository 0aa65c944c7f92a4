import type { Call } from '../../core/index.js';
import { jsonResponse } from '../route.js';
import type { WireResponse, WireStream } from '../wire.js';
import { Choices, type ChoicesContext } from './choices.js';
import { type CompletionRequest, decodeCompletion } from './decode-completion.js';
import { completionLogprobs, textOf } from './encode.js';
import { type AnswerHead, createHead } from './head.js';
import { event, eventStream } from './sse.js';
import { UsageCounter } from './usage.js';

/** `POST /v1/completions`: for each prompt `n` choices, prompt by prompt. */
export async function answerCompletion(
  context: ChoicesContext,
  call: Call,
  body: unknown,
): Promise<WireResponse | WireStream> {
  const request = decodeCompletion(body);
  const { clock } = context;
  call.timing.decodedAt = clock.now();
  const { model, n, prompts, parameters } = request;
  const inputs = prompts.flatMap((prompt) => Array.from({ length: n }, () => prompt));
  const choices = new Choices(context, call, { model, inputs, parameters });
  const head = createHead('cmpl-', model, clock);
  if (request.stream) return eventStream(chunks({ request, choices, head }), clock);
  const usage = new UsageCounter(n);
  const responses = await choices.whole();
  return jsonResponse({
    ...head,
    object: 'text_completion',
    choices: responses.map((response, index) => {
      usage.note(index, response.usage);
      return {
        index,
        text: textOf(response),
        logprobs: request.logprobs ? completionLogprobs(response, 0) : null,
        finish_reason: response.finishReason ?? 'stop',
      };
    }),
    usage: usage.body(),
  });
}

interface Streamed {
  readonly request: CompletionRequest;
  readonly choices: Choices;
  readonly head: AnswerHead;
}

async function* chunks({ request, choices, head }: Streamed): AsyncGenerator<string> {
  const { n, includeUsage, logprobs } = request;
  const usage = new UsageCounter(n);
  const lengths = new Map<number, number>();
  const chunk = (list: readonly object[], total: object | null = null): string =>
    event({ ...head, object: 'text_completion', choices: list, ...(includeUsage ? { usage: total } : {}) });
  for await (const { index, response } of choices.pieces()) {
    usage.note(index, response.usage);
    const length = lengths.get(index);
    const text = textOf(response);
    lengths.set(index, (length ?? 0) + text.length);
    yield chunk([
      {
        index,
        text,
        logprobs: logprobs ? completionLogprobs(response, length ?? 0) : null,
        finish_reason: response.finishReason ?? null,
      },
    ]);
  }
  if (includeUsage) yield chunk([], usage.body());
}
