import type { UsageGauge } from '../../service/index.js';
import { type Family, single } from './family.js';

/** How counting of usage does: who has used what is for the API, since principals are too many for labels. */
export function usageFamilies(gauge: () => UsageGauge | undefined): readonly Family[] {
  const family = (
    name: string,
    rest: Omit<Family, 'name' | 'collect'>,
    read: (usage: UsageGauge) => number,
  ): Family => ({
    ...rest,
    name,
    collect() {
      const usage = gauge();
      return usage === undefined ? [] : single(read(usage));
    },
  });
  return [
    family(
      'millrace_usage_lost_requests_total',
      { help: 'Requests whose usage could not be written.', type: 'counter' },
      (usage) => usage.lostRequests,
    ),
    family(
      'millrace_usage_folded_total',
      { help: "What was counted for the principal '(other)', since an hour had too many.", type: 'counter' },
      (usage) => usage.folded,
    ),
    family(
      'millrace_usage_pending',
      { help: 'Sums of usage that wait to be written.', type: 'gauge' },
      (usage) => usage.pending,
    ),
  ];
}
