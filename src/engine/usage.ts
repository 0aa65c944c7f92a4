import { FINISH_REASONS, MillraceError, type Timing, type Usage } from '../core/index.js';
import type { Emission } from '../runtimes/index.js';

/**
 * Writes down what a model says of the tokens of a request, where the last word counts. Throws `internal` for what is no
 * count and no reason: both end up in metrics.
 */
export function noteUsage(timing: Timing, { usage, finishReason }: Emission): void {
  if (usage !== undefined) {
    for (const name of ['promptTokens', 'cachedTokens', 'completionTokens'] as const) checkCount(usage, name);
    timing.usage = usage;
  }
  if (finishReason === undefined) return;
  if (!FINISH_REASONS.includes(finishReason)) {
    throw wrong(`finishReason: expected one of ${FINISH_REASONS.join(', ')}, got ${shown(finishReason)}`);
  }
  timing.finishReason = finishReason;
}

function checkCount(usage: Usage, name: keyof Usage): void {
  const count = usage[name];
  if (Number.isSafeInteger(count) && (count as number) >= 0) return;
  if (count === undefined && name === 'cachedTokens') return;
  throw wrong(`usage.${name}: expected a number of tokens, got ${shown(count)}`);
}

function shown(value: unknown): string {
  return typeof value === 'object' ? typeof value : String(value).slice(0, 40);
}

function wrong(problem: string): MillraceError {
  return new MillraceError('internal', `the model's answer is wrong: ${problem}`);
}
