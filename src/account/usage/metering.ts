import { type Clock, type EventBus, invalidArgument, MillraceError } from '../../core/index.js';
import {
  groupingOf,
  type MeteringOptions,
  PriceList,
  planUsage,
  requestsOf,
  slicesOf,
  UsageBook,
  UsageTotals,
} from '../../metering/index.js';
import type { UsageRecords } from '../../store/index.js';
import type { UsageGauge, UsageUseCases } from './types.js';
import { UsageMeter } from './usage-meter.js';
import { viewOf } from './usage-view.js';
import { UsageWriter } from './usage-writer.js';

/** Increments that may wait for the store: about 30 MB, ten minutes of 10,000 principals at the least. */
const MAX_PENDING = 100_000;
const MAX_ROWS = 10_000;

export interface MeteringSetup {
  readonly metering: MeteringOptions;
  /** There are credentials: callers can be told apart. */
  readonly knowsCallers: boolean;
  readonly records: UsageRecords;
  readonly clock: Clock;
  readonly events: EventBus;
}

/** Counting who uses what, and telling. */
export interface Metering {
  readonly useCases: UsageUseCases;
  gauge(): UsageGauge | undefined;
  /** Writes what has been counted; nothing is counted any more. */
  close(): Promise<void>;
}

/** Counts from now on, unless that is off. */
export function createMetering(setup: MeteringSetup): Metering {
  const { metering: options, knowsCallers } = setup;
  const isOn = options.enabled === 'auto' ? knowsCallers : options.enabled;
  return isOn ? startMetering(setup) : NO_METERING;
}

const NO_METERING: Metering = {
  useCases: {
    async report() {
      const why = "it is where there are credentials, or with 'metering.enabled: true'";
      throw new MillraceError('failed_precondition', `usage is not counted: ${why}`);
    },
  },
  gauge: () => undefined,
  close: async () => undefined,
};

function startMetering({ metering: options, records, clock, events }: MeteringSetup): Metering {
  const prices = new PriceList(options.prices, options.currency);
  const book = new UsageBook({ prices, maxSeriesPerHour: options.maxSeriesPerHour, maxPending: MAX_PENDING });
  const writer = new UsageWriter({ book, records, options, clock, events });
  const meter = new UsageMeter(book, clock);
  const counting =
    <Event>(count: (event: Event) => void) =>
    (event: Event) => {
      count(event);
      writer.wake();
    };
  const subscriptions = [
    events.subscribe(
      'inferFinished',
      counting((event) => meter.inferFinished(event)),
    ),
    events.subscribe(
      'usageGrew',
      counting((event) => meter.usageGrew(event)),
    ),
    events.subscribe(
      'httpFinished',
      counting((event) => meter.exchangeFinished(event)),
    ),
    events.subscribe(
      'grpcFinished',
      counting((event) => meter.exchangeFinished(event)),
    ),
  ];
  return {
    useCases: {
      async report(call, question) {
        const { principal, needs, sees } = viewOf(call.principal);
        const plan = planUsage(question, clock.wallNow(), options);
        // Usage is reported also where the store can only be read.
        await writer.flush().catch(() => undefined);
        const totals = new UsageTotals(plan.by);
        const by = [...groupingOf(plan), ...needs];
        const query = { period: plan.period, by, principal, limit: MAX_ROWS + 1 };
        for (const slice of slicesOf(plan)) {
          const sums = await records.sums({ ...query, ...slice });
          for (const sum of sums) if (sees(sum)) totals.add(sum);
          if (sums.length > MAX_ROWS || totals.size > MAX_ROWS) throw tooLong();
        }
        const { period: _, ...asked } = plan;
        return { ...asked, rows: totals.rows(), lostRequests: requestsOf(book.lost) };
      },
    },
    gauge: () => ({ lostRequests: requestsOf(book.lost), folded: book.folded, pending: book.pending }),
    async close() {
      for (const unsubscribe of subscriptions) unsubscribe();
      await writer.close();
    },
  };
}

function tooLong(): MillraceError {
  return invalidArgument(
    `more than ${MAX_ROWS} rows: ask for a shorter time, or tell less apart with 'by' and 'granularity'`,
  );
}
