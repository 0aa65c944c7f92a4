import { type Clock, type FinishReason, isObject, type Usage } from '../../core/index.js';
import { effectiveSampling } from '../../generation/index.js';
import type { Choices } from '../shared/generation/choices.js';
import { namedEvent } from '../shared/generation/event-stream.js';
import type { ResponseRequest } from './decode-response.js';

/** A response that is being made: its ids, and what its request says. */
export interface Draft {
  readonly id: string;
  readonly createdAt: number;
  readonly request: ResponseRequest;
  readonly choices: Pick<Choices, 'spec'>;
  /** It is kept. */
  readonly store: boolean;
}

/** What has been generated. */
export interface Outcome {
  readonly output: readonly object[];
  readonly finishReason: FinishReason | undefined;
  readonly usage: Usage | undefined;
}

/** A response that is queued or in progress. */
export function unfinished(
  { id, createdAt, request, choices, store }: Draft,
  status: 'queued' | 'in_progress' = 'in_progress',
): object {
  const { model, instructions, previousId = null, truncation, settings, background } = request;
  const sampling = effectiveSampling(choices.spec ?? {});
  return {
    id,
    object: 'response',
    created_at: createdAt,
    completed_at: null,
    status,
    background,
    error: null,
    incomplete_details: null,
    instructions,
    model,
    output: [],
    previous_response_id: previousId,
    store,
    truncation,
    usage: null,
    ...settings,
    temperature: settings.temperature ?? sampling.temperature,
    top_p: settings.top_p ?? sampling.topP,
  };
}

export function finished(draft: Draft, outcome: Outcome, nowS: number): object {
  return {
    ...unfinished(draft),
    status: isCut(outcome) ? 'incomplete' : 'completed',
    completed_at: isCut(outcome) ? null : nowS,
    incomplete_details: isCut(outcome) ? { reason: 'max_output_tokens' } : null,
    output: outcome.output,
    usage: usageOf(outcome.usage),
  };
}

export function isCut({ finishReason }: Pick<Outcome, 'finishReason'>): boolean {
  return finishReason === 'length';
}

function usageOf(usage: Usage | undefined): object | null {
  if (usage === undefined) return null;
  const { promptTokens, cachedTokens = 0, completionTokens, reasoningTokens = 0 } = usage;
  return {
    input_tokens: promptTokens,
    // Writing prefixes to the cache is not counted apart.
    input_tokens_details: { cached_tokens: cachedTokens, cache_write_tokens: 0 },
    output_tokens: completionTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: promptTokens + completionTokens,
  };
}

/** Since 1970. */
export function seconds(clock: Clock): number {
  return Math.floor(clock.wallNow() / 1_000);
}

/** An event of a stream of a response. */
export function responseEvent(type: string, number: number, data: object): string {
  return namedEvent(type, { sequence_number: number, ...data });
}

/** The error of a failed answer, as a response has it. */
export function errorOf(answer: unknown): { readonly code: string; readonly message: string } | undefined {
  if (!isObject(answer) || !isObject(answer.error)) return undefined;
  const { code, message } = answer.error;
  return typeof message === 'string' ? { code: typeof code === 'string' ? code : 'server_error', message } : undefined;
}
