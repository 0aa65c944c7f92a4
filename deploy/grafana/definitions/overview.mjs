import { FAILED, quantile, quantiles, rate, SERVER, sumBy } from './queries.mjs';

export const OVERVIEW = {
  uid: 'millrace-overview',
  title: 'millrace: overview',
  variables: ['instance'],
  rows: [
    {
      title: 'Service levels',
      panels: [
        {
          title: 'Inferences by outcome',
          unit: 'reqps',
          queries: [[sumBy('code', 'millrace_infer_requests_total'), '{{code}}']],
        },
        {
          title: 'Failed by the server',
          unit: 'percentunit',
          description:
            'The share of inferences that end in internal, unavailable, deadline_exceeded or resource_exhausted.',
          queries: [
            [
              `(sum(${rate('millrace_infer_requests_total', FAILED)}) or vector(0)) / sum(${rate('millrace_infer_requests_total')})`,
              'failed',
            ],
          ],
        },
        {
          title: 'Duration of answered inferences',
          unit: 's',
          queries: quantiles('millrace_request_duration_seconds'),
        },
        {
          title: 'Error budgets left',
          unit: 'percentunit',
          description: 'Of the SLOs of the settings; negative where one is missed.',
          queries: [[`min by (slo) (millrace_slo_error_budget_remaining_ratio{${SERVER}})`, '{{slo}}']],
        },
      ],
    },
    {
      title: 'Models',
      panels: [
        {
          title: 'Inferences by model',
          unit: 'reqps',
          queries: [[sumBy('model', 'millrace_infer_requests_total'), '{{model}}']],
        },
        {
          title: 'p95 by model',
          unit: 's',
          queries: [[quantile(0.95, 'millrace_request_duration_seconds', { by: 'model' }), '{{model}}']],
        },
        {
          title: 'Waiting requests',
          unit: 'short',
          queries: [[`sum by (model) (millrace_queued_requests{${SERVER}})`, '{{model}}']],
        },
        {
          title: 'Versions by state',
          unit: 'short',
          queries: [[`sum by (state) (millrace_model_state{${SERVER}} == 1)`, '{{state}}']],
        },
      ],
    },
    {
      title: 'HTTP and process',
      panels: [
        {
          title: 'HTTP requests by status',
          unit: 'reqps',
          queries: [[sumBy('status', 'millrace_http_requests_total'), '{{status}}']],
        },
        {
          title: 'Event loop: busy share',
          unit: 'percentunit',
          description: 'Near 1, the serving thread is the bottleneck.',
          queries: [[`millrace_event_loop_utilization{${SERVER}}`, '{{instance}}']],
        },
        {
          title: 'Memory',
          unit: 'bytes',
          queries: [
            [`process_resident_memory_bytes{${SERVER}}`, 'server {{instance}}'],
            [`sum by (instance) (millrace_runner_resident_memory_bytes{${SERVER}})`, 'runners of {{instance}}'],
          ],
        },
        {
          title: 'CPU of the server process',
          unit: 'short',
          description: 'In cores.',
          queries: [[rate('process_cpu_seconds_total'), '{{instance}}']],
        },
        {
          title: 'Runners started and lost',
          unit: 'short',
          queries: [
            [`sum(increase(millrace_runner_starts_total{${SERVER}}[$__rate_interval]))`, 'started'],
            [`sum(increase(millrace_runner_deaths_total{${SERVER}}[$__rate_interval]))`, 'crashed or killed'],
          ],
        },
        {
          title: 'Jobs',
          unit: 'short',
          queries: [
            [`sum(millrace_jobs_queued{${SERVER}}) or vector(0)`, 'waiting'],
            [`sum(millrace_jobs_running{${SERVER}}) or vector(0)`, 'running'],
          ],
        },
      ],
    },
  ],
};
