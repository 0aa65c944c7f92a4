import type { Call } from '../../core/index.js';
import { jsonResponse } from '../route.js';
import { Choices, type ChoicesContext, type Generated } from '../shared/generation/choices.js';
import { event } from '../shared/generation/event-stream.js';
import type { Places } from '../shared/generation/parameter-error.js';
import { UsageCounter } from '../shared/generation/usage-counter.js';
import type { WireResponse, WireStream } from '../wire.js';
import type { CompletionRequest } from './decode-completion.js';
import { averageLogprob, completionLogprobs, tokensLength, usageBody } from './encode.js';
import { chunkStream } from './event-stream.js';
import { type AnswerHead, createHead } from './head.js';

const PLACES: Places = { context_length_exceeded: 'prompt' };

/** `POST /v1/completions`: for each prompt `n` choices, prompt by prompt. */
export async function answerCompletion(
  context: ChoicesContext,
  call: Call,
  request: CompletionRequest,
): Promise<WireResponse | WireStream> {
  const { clock } = context;
  call.timing.decodedAt = clock.now();
  const { model, prompts, bestOf, parameters, formatPlace } = request;
  const places: Places = { ...PLACES, invalid_json_schema: formatPlace, invalid_grammar: formatPlace };
  const choices = new Choices(context, call, { model, prompts, n: bestOf, parameters, places });
  const head = createHead('cmpl-', model, clock);
  if (request.stream) return chunkStream(chunks({ request, choices, head }), clock);
  const usage = new UsageCounter(bestOf);
  const answers = await choices.whole();
  for (const [index, answer] of answers.entries()) usage.note(index, answer.usage);
  return jsonResponse({
    ...head,
    object: 'text_completion',
    choices: best(answers, request).map(({ delta, finishReason }, index) => ({
      index,
      text: delta.text,
      logprobs: request.logprobs ? completionLogprobs(delta, 0) : null,
      finish_reason: finishReason ?? 'stop',
    })),
    usage: usageBody(usage.total()),
  });
}

/** Of the answers to each prompt those whose tokens are the most probable on average, the best first. */
function best(all: readonly Generated[], { n, bestOf }: CompletionRequest): readonly Generated[] {
  if (bestOf === n) return all;
  const prompts = Array.from({ length: all.length / bestOf }, (_, prompt) =>
    all.slice(prompt * bestOf, (prompt + 1) * bestOf),
  );
  return prompts.flatMap((answers) =>
    answers.toSorted((a, b) => averageLogprob(b.delta) - averageLogprob(a.delta)).slice(0, n),
  );
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
  for await (const { index, delta, usage: taken, finishReason } of choices.pieces()) {
    usage.note(index, taken);
    const offset = offsets.get(index) ?? 0;
    offsets.set(index, offset + tokensLength(delta));
    yield chunk([
      {
        index,
        text: delta.text,
        logprobs: logprobs ? completionLogprobs(delta, offset) : null,
        finish_reason: finishReason ?? null,
      },
    ]);
  }
  if (includeUsage) yield chunk([], usageBody(usage.total()));
}
