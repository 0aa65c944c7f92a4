import type { Clock, EventBus } from '../core/index.js';
import type { Audited, QuotasOptions } from '../governance/index.js';
import type { InferenceObserver } from '../inference/index.js';
import type { MeteringOptions } from '../metering/index.js';
import type { Store } from '../store/index.js';
import { createAccessUseCases } from './access/access-use-cases.js';
import type { KeyParts } from './keys/key-holders.js';
import { createKeyUseCases } from './keys/key-use-cases.js';
import { openQuotas } from './quotas/open-quotas.js';
import type { AccountUseCases } from './types.js';
import { createMetering } from './usage/metering.js';
import type { UsageGauge } from './usage/types.js';

export interface AccountSetup {
  readonly keys: KeyParts;
  readonly quotas: QuotasOptions;
  readonly metering: MeteringOptions;
  /** There are credentials: callers can be told apart. */
  readonly knowsCallers: boolean;
  readonly store: Pick<Store, 'usage' | 'snapshots'>;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly audited: Audited;
}

/** The callers of a server: keys and rights, and what they use. */
export interface Account {
  readonly useCases: AccountUseCases;
  /** Lets inferences in as long as quotas last; none where there are no quotas. */
  readonly observers: readonly InferenceObserver[];
  /** undefined: usage is not counted. */
  usageGauge(): UsageGauge | undefined;
  /** Reads the counts of the process before. */
  load(): Promise<void>;
  /** Stores the counts. */
  close(): Promise<void>;
}

export function openAccount(setup: AccountSetup): Account {
  const { store } = setup;
  const metering = createMetering({ ...setup, records: store.usage });
  const quotas = openQuotas({ ...setup, options: setup.quotas, snapshots: store.snapshots });
  return {
    useCases: {
      keys: createKeyUseCases(setup),
      access: createAccessUseCases(setup),
      quotas: quotas.useCases,
      usage: metering.useCases,
    },
    observers: quotas.gate === undefined ? [] : [quotas.gate],
    usageGauge: () => metering.gauge(),
    load: () => quotas.load(),
    async close() {
      await quotas.close();
      await metering.close();
    },
  };
}
