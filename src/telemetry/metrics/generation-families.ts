import type { FinishReason } from '../../core/index.js';
import type { Distribution } from './distribution.js';
import { type Family, histogramSamples, NO_LABELS } from './family.js';
import type { GenerationMetrics } from './generation-metrics.js';
import type { VersionRegistry } from './version-registry.js';

/** Metrics of models that give many answers, or that count tokens; nothing for others. */
export function generationFamilies(versions: VersionRegistry): readonly Family[] {
  return [
    histogram(versions, {
      name: 'millrace_time_to_first_response_seconds',
      help: 'From the first byte of a request to the first answer of a model of many answers.',
      read: ({ firstResponse }) => firstResponse,
    }),
    histogram(versions, {
      name: 'millrace_time_per_output_token_seconds',
      help: 'Time from the first answer to the last, by generated token after the first, of calls that ended well.',
      read: ({ perToken }) => perToken,
    }),
    counter(versions, {
      name: 'millrace_prompt_tokens_total',
      help: 'Tokens of prompts that models have read, those found in a cache included.',
      read: ({ promptTokens }) => promptTokens,
    }),
    counter(versions, {
      name: 'millrace_cached_prompt_tokens_total',
      help: 'Tokens of prompts that were not computed again.',
      read: ({ cachedTokens }) => cachedTokens,
    }),
    counter(versions, {
      name: 'millrace_generation_tokens_total',
      help: 'Tokens that models have generated.',
      read: ({ completionTokens }) => completionTokens,
    }),
    {
      name: 'millrace_generations_total',
      help: 'Generations that ended by themselves, by the reason.',
      type: 'counter',
      *collect() {
        for (const { labels, generation } of versions.all()) {
          for (const [reason, value] of Object.entries(generation.finished) as [FinishReason, number][]) {
            if (value > 0) yield { labels: { finish_reason: reason }, sharedLabels: labels, value };
          }
        }
      },
    },
  ];
}

interface Described<Value> {
  readonly name: string;
  readonly help: string;
  readonly read: (generation: GenerationMetrics) => Value;
}

function histogram(versions: VersionRegistry, { name, help, read }: Described<Distribution>): Family {
  return {
    name,
    help,
    type: 'histogram',
    *collect() {
      for (const { labels, generation } of versions.all()) {
        const distribution = read(generation);
        if (distribution.counts.some((count) => count > 0)) yield* histogramSamples(name, labels, distribution);
      }
    },
  };
}

function counter(versions: VersionRegistry, { name, help, read }: Described<number>): Family {
  return {
    name,
    help,
    type: 'counter',
    *collect() {
      for (const { labels, generation } of versions.all()) {
        if (generation.counted) yield { labels: NO_LABELS, sharedLabels: labels, value: read(generation) };
      }
    },
  };
}
