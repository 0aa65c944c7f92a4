import { SERVER, sumBy } from './queries.mjs';

export const TENANTS = {
  uid: 'millrace-tenants',
  title: 'millrace: tenants and stored work',
  variables: ['instance'],
  rows: [
    {
      title: 'Refusals',
      panels: [
        {
          title: 'By quota',
          unit: 'reqps',
          queries: [[sumBy('quota, limit', 'millrace_quota_rejections_total'), '{{quota}}: {{limit}}']],
        },
        {
          title: 'Without access (401, 403)',
          unit: 'reqps',
          queries: [[sumBy('status', 'millrace_http_requests_total', `${SERVER}, status=~"401|403"`), '{{status}}']],
        },
        {
          title: 'Metering: sums that wait to be written',
          unit: 'short',
          queries: [[`millrace_usage_pending{${SERVER}}`, '{{instance}}']],
        },
      ],
    },
    {
      title: 'Jobs and batches',
      panels: [
        {
          title: 'Jobs that have ended',
          unit: 'ops',
          queries: [[sumBy('model, state', 'millrace_jobs_ended_total'), '{{model}}: {{state}}']],
        },
        {
          title: 'Stored bytes',
          unit: 'bytes',
          queries: [
            [`millrace_jobs_stored_bytes{${SERVER}}`, 'jobs'],
            [`millrace_files_bytes{${SERVER}}`, 'files'],
          ],
        },
        {
          title: 'Lines of batches',
          unit: 'ops',
          queries: [[sumBy('outcome', 'millrace_batches_lines_total'), '{{outcome}}']],
        },
        {
          title: 'Requests of batches that wait',
          unit: 'short',
          queries: [[`sum(millrace_batches_queued_lines{${SERVER}})`, 'waiting']],
        },
      ],
    },
  ],
};
