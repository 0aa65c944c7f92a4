import type { PayloadCounts } from '../../service/index.js';
import { type Family, NO_LABELS } from './family.js';

/** What has become of the records of the payload log, where there is one. */
export function payloadFamilies(counts: () => PayloadCounts | undefined): readonly Family[] {
  return [
    {
      name: 'millrace_payload_log_records_total',
      help: 'Records of requests for the payload log, by outcome: written, or dropped since the disk was too slow, stuck or full.',
      type: 'counter',
      *collect() {
        for (const [outcome, value] of Object.entries(counts() ?? {}))
          yield { labels: { outcome }, sharedLabels: NO_LABELS, value };
      },
    },
  ];
}
