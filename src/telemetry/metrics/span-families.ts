import type { SpanCounts } from '../../tracing/index.js';
import { type Family, NO_LABELS } from './family.js';

/** What has become of spans, where they are sent to a collector. */
export function spanFamilies(counts: (() => SpanCounts) | undefined): readonly Family[] {
  if (counts === undefined) return [];
  return [
    {
      name: 'millrace_trace_spans_total',
      help: 'Spans of traced requests, by outcome: exported, or dropped since the OpenTelemetry collector was too slow, unreachable or refused them.',
      type: 'counter',
      *collect() {
        for (const [outcome, value] of Object.entries(counts()))
          yield { labels: { outcome }, sharedLabels: NO_LABELS, value };
      },
    },
  ];
}
