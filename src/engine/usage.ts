import { FINISH_REASONS, MillraceError, type Timing, type Usage } from '../core/index.js';
import type { Emission } from '../runtimes/index.js';

/** What a request has taken more than was known before. */
export interface UsageGrowth {
  readonly added: Usage;
  readonly isFirst: boolean;
}

/**
 * Writes down what a model says of the tokens of a request, where the last word counts, and gives what is new of it; undefined where
 * nothing is said. Throws `internal` for what is no count and no reason: both end up in metrics.
 */
export function noteUsage(timing: Timing, { usage, finishReason }: Emission): UsageGrowth | undefined {
  if (finishReason !== undefined) {
    if (!FINISH_REASONS.includes(finishReason)) {
      throw wrong(`finishReason: expected one of ${FINISH_REASONS.join(', ')}, got ${shown(finishReason)}`);
    }
    timing.finishReason = finishReason;
  }
  if (usage === undefined) return undefined;
  for (const name of ['promptTokens', 'cachedTokens', 'completionTokens', 'reasoningTokens'] as const)
    checkCount(usage, name);
  const before = timing.usage;
  timing.usage = usage;
  return { added: growth(usage, before), isFirst: before === undefined };
}

/** Counters only grow, whatever a model says. */
function growth(usage: Usage, before: Usage | undefined): Usage {
  if (before === undefined) return usage;
  const { promptTokens, cachedTokens = 0, completionTokens } = usage;
  return {
    promptTokens: Math.max(0, promptTokens - before.promptTokens),
    cachedTokens: Math.max(0, cachedTokens - (before.cachedTokens ?? 0)),
    completionTokens: Math.max(0, completionTokens - before.completionTokens),
  };
}

function checkCount(usage: Usage, name: keyof Usage): void {
  const count = usage[name];
  if (Number.isSafeInteger(count) && (count as number) >= 0) return;
  if (count === undefined && (name === 'cachedTokens' || name === 'reasoningTokens')) return;
  throw wrong(`usage.${name}: expected a number of tokens, got ${shown(count)}`);
}

function shown(value: unknown): string {
  return typeof value === 'object' ? typeof value : String(value).slice(0, 40);
}

function wrong(problem: string): MillraceError {
  return new MillraceError('internal', `the model's answer is wrong: ${problem}`);
}
