import type { Call, InferResponse } from '../../core/index.js';
import { jsonResponse } from '../route.js';
import type { WireResponse, WireStream } from '../wire.js';
import { Choices, type ChoicesContext } from './choices.js';
import type { CompletionRequest } from './decode-completion.js';
import { averageLogprob, completionLogprobs, textOf, tokensLength } from './encode.js';
import type { Places } from './errors.js';
import { type AnswerHead, createHead } from './head.js';
import { event, eventStream } from './sse.js';
import { UsageCounter } from './usage.js';

const PLACES: Places = { context_length_exceeded: 'prompt' };

/** `POST /v1/completions`: for each prompt `n` choices, prompt by prompt. */
export async function answerCompletion(
  context: ChoicesContext,
  call: Call,
  request: CompletionRequest,
): Promise<WireResponse | WireStream> {
  const { clock } = context;
  call.timing.decodedAt = clock.now();
  const { model, inputs, bestOf, parameters } = request;
  const choices = new Choices(context, call, { model, inputs, n: bestOf, parameters, places: PLACES });
  const head = createHead('cmpl-', model, clock);
  if (request.stream) return eventStream(chunks({ request, choices, head }), clock);
  const usage = new UsageCounter(bestOf);
  const responses = await choices.whole();
  for (const [index, response] of responses.entries()) usage.note(index, response.usage);
  return jsonResponse({
    ...head,
    object: 'text_completion',
    choices: best(responses, request).map((response, index) => ({
      index,
      text: textOf(response),
      logprobs: request.logprobs ? completionLogprobs(response, 0) : null,
      finish_reason: response.finishReason ?? 'stop',
    })),
    usage: usage.body(),
  });
}

/** Of the answers to each prompt those whose tokens are the most probable on average, the best first. */
function best(responses: readonly InferResponse[], { n, bestOf }: CompletionRequest): readonly InferResponse[] {
  if (bestOf === n) return responses;
  const prompts = Array.from({ length: responses.length / bestOf }, (_, prompt) =>
    responses.slice(prompt * bestOf, (prompt + 1) * bestOf),
  );
  return prompts.flatMap((answers) => answers.toSorted((a, b) => averageLogprob(b) - averageLogprob(a)).slice(0, n));
}

interface Streamed {
  readonly request: CompletionRequest;
  readonly choices: Choices;
  readonly head: AnswerHead;
}

async function* chunks({ request, choices, head }: Streamed): AsyncGenerator<string> {
  const { n, includeUsage, logprobs } = request;
  const usage = new UsageCounter(n);
  // Characters of the tokens that have come, by choice.
  const offsets = new Map<number, number>();
  const chunk = (list: readonly object[], total: object | null = null): string =>
    event({ ...head, object: 'text_completion', choices: list, ...(includeUsage ? { usage: total } : {}) });
  for await (const { index, response } of choices.pieces()) {
    usage.note(index, response.usage);
    const offset = offsets.get(index) ?? 0;
    offsets.set(index, offset + tokensLength(response));
    yield chunk([
      {
        index,
        text: textOf(response),
        logprobs: logprobs ? completionLogprobs(response, offset) : null,
        finish_reason: response.finishReason ?? null,
      },
    ]);
  }
  if (includeUsage) yield chunk([], usage.body());
}
