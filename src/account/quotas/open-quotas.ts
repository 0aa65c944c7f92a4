import type { Clock, EventBus, QuotaStanding } from '../../core/index.js';
import { type CountedQuota, LocalQuotaKeeper, type QuotaKeeper, type QuotasOptions } from '../../governance/index.js';
import type { Snapshots } from '../../store/index.js';
import { QuotaBooks } from './quota-books.js';
import { QuotaGate } from './quota-gate.js';
import type { QuotaUseCases } from './types.js';

const MAX_LISTED = 1_000;

interface QuotasSetup {
  readonly options: QuotasOptions;
  readonly snapshots: Snapshots;
  readonly clock: Clock;
  readonly events: EventBus;
}

/** Quotas from their settings; `gate` is undefined where there are none. */
export function openQuotas({ options, snapshots, clock, events }: QuotasSetup) {
  const keeper = new LocalQuotaKeeper(options, clock);
  const books = new QuotaBooks({ keeper, snapshots, clock, events });
  const gate = keeper.isEmpty ? undefined : new QuotaGate({ keeper, events, onCounted: () => books.changed() });
  return {
    gate,
    useCases: createQuotaUseCases(keeper, gate),
    load: () => books.load(),
    close: () => books.close(),
  };
}

function createQuotaUseCases(keeper: QuotaKeeper, gate: QuotaGate | undefined): QuotaUseCases {
  return {
    enter: (call) => gate?.enter(call),
    async report({ principal }) {
      const { rights } = principal;
      const seesAll = rights.allow('quota.read', '*');
      const all = await keeper.list(seesAll ? undefined : principal);
      // A name says that there is such a model.
      const seen = all.filter(
        ({ whose: { model } }) => seesAll || model === undefined || rights.allow('model.read', model),
      );
      const sorted = seen.toSorted((one, other) => shareLeft(one) - shareLeft(other));
      return { quotas: sorted.slice(0, MAX_LISTED), omitted: Math.max(0, sorted.length - MAX_LISTED) };
    },
  };
}

/** Of the limit of which least is left. */
function shareLeft({ standings }: CountedQuota): number {
  return Math.min(...standings.map(({ remaining, limit }: QuotaStanding) => (limit === 0 ? 0 : remaining / limit)));
}
