import { FAILED, quantile, SERVER, sumBy } from './queries.mjs';

export const TRAFFIC = {
  uid: 'millrace-traffic',
  title: 'millrace: traffic and rollouts',
  variables: ['instance'],
  rows: [
    {
      title: 'Routes',
      panels: [
        {
          title: 'Requests by arm',
          unit: 'reqps',
          queries: [[sumBy('route, arm', 'millrace_route_requests_total'), '{{route}}: {{arm}}']],
        },
        {
          title: 'Failed by the server, by arm',
          unit: 'percentunit',
          queries: [
            [
              `${sumBy('route, arm', 'millrace_route_requests_total', FAILED)} / ${sumBy('route, arm', 'millrace_route_requests_total')}`,
              '{{route}}: {{arm}}',
            ],
          ],
        },
        {
          title: 'p95 by arm',
          unit: 's',
          queries: [
            [quantile(0.95, 'millrace_route_request_duration_seconds', { by: 'route, arm' }), '{{route}}: {{arm}}'],
          ],
        },
      ],
    },
    {
      title: 'Rollouts',
      panels: [
        {
          title: 'Share of the new version',
          unit: 'percentunit',
          queries: [
            [`max by (model, stable, canary) (millrace_rollout_share{${SERVER}})`, '{{model}} {{stable}} → {{canary}}'],
          ],
        },
        {
          title: 'Evidence that the new version is worse',
          unit: 'percentunit',
          description: 'At 1 it is rolled back.',
          queries: [[`max by (model, metric) (millrace_rollout_evidence{${SERVER}})`, '{{model}}: {{metric}}']],
        },
        {
          title: 'Decisions',
          unit: 'short',
          queries: [[`sum by (model, action) (millrace_rollout_decisions_total{${SERVER}})`, '{{model}}: {{action}}']],
        },
      ],
    },
    {
      title: 'Shadows',
      panels: [
        {
          title: 'Copies by outcome',
          unit: 'reqps',
          queries: [[sumBy('route, outcome', 'millrace_shadow_requests_total'), '{{route}}: {{outcome}}']],
        },
        {
          title: 'p95 of copies',
          unit: 's',
          queries: [[quantile(0.95, 'millrace_shadow_compute_duration_seconds', { by: 'route' }), '{{route}}']],
        },
      ],
    },
  ],
};
