import { MODEL, quantile, quantiles, rate, SERVER, sumBy } from './queries.mjs';

export const MODELS = {
  uid: 'millrace-model',
  title: 'millrace: model',
  variables: ['instance', 'model'],
  rows: [
    {
      title: 'Requests',
      panels: [
        {
          title: 'By outcome',
          unit: 'reqps',
          queries: [[sumBy('code', 'millrace_infer_requests_total', MODEL), '{{code}}']],
        },
        {
          title: 'By version',
          unit: 'reqps',
          queries: [[sumBy('model, version', 'millrace_infer_requests_total', MODEL), '{{model}}/{{version}}']],
        },
        { title: 'Duration', unit: 's', queries: quantiles('millrace_request_duration_seconds', MODEL) },
        {
          title: 'Where the time goes (p95)',
          unit: 's',
          queries: [
            [quantile(0.95, 'millrace_request_queue_seconds', { labels: MODEL }), 'queue'],
            [quantile(0.95, 'millrace_request_batch_wait_seconds', { labels: MODEL }), 'in a batch sent ahead'],
            [quantile(0.95, 'millrace_request_compute_seconds', { labels: MODEL }), 'compute'],
          ],
        },
      ],
    },
    {
      title: 'Queue and batches',
      panels: [
        {
          title: 'Waiting and running requests',
          unit: 'short',
          queries: [
            [`sum by (model) (millrace_queued_requests{${MODEL}})`, '{{model}} waiting'],
            [`sum by (model) (millrace_executing_requests{${MODEL}})`, '{{model}} running'],
          ],
        },
        {
          title: 'Rows of a batch',
          unit: 'short',
          queries: [
            [
              `sum by (model) (${rate('millrace_batch_rows_sum', MODEL)}) / sum by (model) (${rate('millrace_batch_rows_count', MODEL)})`,
              '{{model}} mean',
            ],
            [quantile(0.95, 'millrace_batch_rows', { labels: MODEL, by: 'model' }), '{{model}} p95'],
          ],
        },
        {
          title: 'Why batches were sent',
          unit: 'ops',
          queries: [[sumBy('reason', 'millrace_batches_total', MODEL), '{{reason}}']],
        },
        {
          title: 'Batches that failed',
          unit: 'ops',
          queries: [[sumBy('model', 'millrace_batch_failures_total', MODEL), '{{model}}']],
        },
      ],
    },
    {
      title: 'Instances',
      panels: [
        {
          title: 'Instances',
          unit: 'short',
          queries: [
            [`sum by (model, version) (millrace_instances{${MODEL}})`, '{{model}}/{{version}}'],
            [`sum by (model, version) (millrace_instances_up{${MODEL}})`, '{{model}}/{{version}} up'],
          ],
        },
        {
          title: 'Restarts',
          unit: 'short',
          queries: [[`sum by (model, version) (millrace_instance_restarts_total{${MODEL}})`, '{{model}}/{{version}}']],
        },
        {
          title: 'Memory of runners, of the limit',
          unit: 'percentunit',
          description: 'A runner above its limit is killed.',
          queries: [
            [
              `millrace_runner_resident_memory_bytes{${SERVER}} / millrace_runner_memory_limit_bytes{${SERVER}}`,
              '{{runner}}',
            ],
          ],
        },
        {
          title: 'Sequences',
          unit: 'short',
          queries: [
            [`sum by (model) (millrace_sequences{${MODEL}})`, '{{model}} open'],
            [`sum by (model) (millrace_waiting_sequences{${MODEL}})`, '{{model}} waiting for a slot'],
          ],
        },
      ],
    },
  ],
};
