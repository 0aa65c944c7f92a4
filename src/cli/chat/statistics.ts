import type { ChatUsage } from '../../client/index.js';
import { formatMs } from '../format/units.js';

/** When an answer came, in milliseconds from the question. */
export interface AnswerTiming {
  /** undefined = nothing came. */
  readonly firstMs: number | undefined;
  readonly totalMs: number;
}

/** What is known of an answer once it has ended; `finishReason` undefined = it was stopped. */
export interface AnswerEnd {
  readonly usage: ChatUsage | undefined;
  readonly finishReason: string | undefined;
  readonly timing: AnswerTiming;
}

/** Tokens a second from the first token on: the wait for it is told beside. undefined where that says nothing. */
export function tokensPerSecond({ usage, timing: { firstMs, totalMs } }: AnswerEnd): number | undefined {
  if (usage === undefined || firstMs === undefined || usage.completionTokens < 2) return undefined;
  return totalMs > firstMs ? ((usage.completionTokens - 1) * 1_000) / (totalMs - firstMs) : undefined;
}

/** `128 tokens · 41.3 tokens/s · first after 212 ms · prompt of 312 (290 cached)`. */
export function formatStatistics(end: AnswerEnd): string {
  const { usage, finishReason, timing } = end;
  const rate = tokensPerSecond(end);
  return [
    ...(finishReason === undefined ? [`stopped after ${formatMs(timing.totalMs)}`] : []),
    ...(usage === undefined ? [] : [`${usage.completionTokens} ${usage.completionTokens === 1 ? 'token' : 'tokens'}`]),
    ...(rate === undefined ? [] : [`${rate.toFixed(1)} tokens/s`]),
    ...(timing.firstMs === undefined ? [] : [`first after ${formatMs(timing.firstMs)}`]),
    ...(usage === undefined ? [] : [`prompt of ${usage.promptTokens}${cached(usage)}`]),
    ...(finishReason === 'length' ? ['cut off at the limit of tokens'] : []),
  ].join(' · ');
}

function cached({ cachedTokens }: ChatUsage): string {
  return cachedTokens === 0 ? '' : ` (${cachedTokens} cached)`;
}
