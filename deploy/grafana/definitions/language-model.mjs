import { MODEL, quantiles, rate, sumBy } from './queries.mjs';

export const LANGUAGE = {
  uid: 'millrace-language-model',
  title: 'millrace: language model',
  variables: ['instance', 'model'],
  rows: [
    {
      title: 'Latency',
      panels: [
        {
          title: 'Time to the first token',
          unit: 's',
          queries: quantiles('millrace_time_to_first_response_seconds', MODEL),
        },
        { title: 'Time per token', unit: 's', queries: quantiles('millrace_time_per_output_token_seconds', MODEL) },
        { title: 'Whole generations', unit: 's', queries: quantiles('millrace_request_duration_seconds', MODEL) },
        { title: 'In the queue', unit: 's', queries: quantiles('millrace_request_queue_seconds', MODEL) },
      ],
    },
    {
      title: 'Tokens',
      panels: [
        {
          title: 'Tokens per second',
          unit: 'short',
          queries: [
            [`sum(${rate('millrace_prompt_tokens_total', MODEL)})`, 'read'],
            [`sum(${rate('millrace_generation_tokens_total', MODEL)})`, 'generated'],
          ],
        },
        {
          title: 'Prompt tokens that were cached',
          unit: 'percentunit',
          queries: [
            [
              `sum(${rate('millrace_cached_prompt_tokens_total', MODEL)}) / sum(${rate('millrace_prompt_tokens_total', MODEL)})`,
              'cached',
            ],
          ],
        },
        {
          title: 'Why generations ended',
          unit: 'reqps',
          queries: [[sumBy('finish_reason', 'millrace_generations_total', MODEL), '{{finish_reason}}']],
        },
      ],
    },
    {
      title: 'Slots and cache',
      panels: [
        {
          title: 'Slots in use, and requests that wait for one',
          unit: 'short',
          queries: [
            [`sum by (model) (millrace_runtime_slots_busy{${MODEL}})`, '{{model}} in use'],
            [`sum by (model) (millrace_runtime_requests_waiting{${MODEL}})`, '{{model}} waiting'],
          ],
        },
        {
          title: 'KV cache',
          unit: 'percentunit',
          queries: [
            [
              `sum by (model) (millrace_runtime_kv_cache_active_tokens{${MODEL}}) / sum by (model) (millrace_runtime_kv_cache_size_tokens{${MODEL}})`,
              '{{model}} of running requests',
            ],
            [
              `sum by (model) (millrace_runtime_kv_cache_used_tokens{${MODEL}}) / sum by (model) (millrace_runtime_kv_cache_size_tokens{${MODEL}})`,
              '{{model}} with kept prefixes',
            ],
          ],
        },
        {
          title: 'Preparers that are up',
          unit: 'short',
          queries: [[`sum by (model, version) (millrace_preparers_up{${MODEL}})`, '{{model}}/{{version}}']],
        },
      ],
    },
  ],
};
