import path from 'node:path';
import { expect, it } from 'vitest';
import { createMetering, type Metering } from '../../src/account/usage/metering.js';
import { Call, EventBus, MillraceError, type ModelRef, systemClock } from '../../src/core/index.js';
import type { MeteringOptions } from '../../src/metering/index.js';
import { openStore, type Store } from '../../src/store/index.js';
import { FakeClock } from '../support/fake-clock.js';
import { principalWith } from '../support/principals.js';
import { chooseSeed, Random } from '../support/random.js';
import { storeFolder } from '../support/store.js';
import { until } from '../support/until.js';

const DAYS = 4;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const PRINCIPALS = Array.from({ length: 12 }, (_, index) => principalWith(`p${index}`, 'caller'));
const ADMIN = principalWith('root', 'admin');
const MODELS = ['fraud', 'mlp'].flatMap((name) =>
  [1, 2].map((version): ModelRef => ({ name, version, generation: version })),
);
const OPTIONS: MeteringOptions = {
  enabled: true,
  keepHoursDays: 35,
  keepDays: 400,
  maxSeriesPerHour: 1_000,
  currency: 'EUR',
  prices: [],
};
/** In billionths of a Euro for a request. */
const PRICES = [100_000_000n, 250_000_001n, 1n];

/** A server's life: from a start to a stop, or a kill. */
interface Life {
  readonly metering: Metering;
  readonly store: Store;
  readonly events: EventBus;
  readonly price: bigint;
}

interface Sums {
  answered: number;
  failed: number;
  rows: number;
  computeUs: number;
  bytes: number;
  tokens: number;
  billionths: bigint;
}
const nothing = (): Sums => ({ answered: 0, failed: 0, rows: 0, computeUs: 0, bytes: 0, tokens: 0, billionths: 0n });

/** What has been used by every measure, beside what is tested. */
class Reference {
  readonly sums = new Map<string, Sums>();

  at(...keys: readonly string[]): readonly Sums[] {
    return keys.map((key) => {
      const sums = this.sums.get(key) ?? nothing();
      this.sums.set(key, sums);
      return sums;
    });
  }
}

function callOf(principal = ADMIN): Call {
  return new Call({ requestId: 'r', principal, trace: undefined, deadlineAt: Number.POSITIVE_INFINITY, receivedAt: 0 });
}

function use(random: Random, { events, price }: Life, { nowMs, reference }: { nowMs: number; reference: Reference }) {
  const call = callOf(random.pick(PRINCIPALS));
  const ref = random.pick(MODELS);
  const rows = random.integer(1, 8);
  const batchRows = rows + random.integer(0, 8);
  const computeInferMs = random.integer(1, 5_000) / 1_000;
  const fails = random.chance(0.1);
  const bytes = random.integer(1, 10_000);
  const promptTokens = random.chance(0.3) ? random.integer(1, 500) : 0;
  Object.assign(call.timing, { answeredBy: ref, computeInferMs, batchRows });
  if (promptTokens > 0) {
    const added = { promptTokens, completionTokens: 0 };
    events.publish('usageGrew', { ref, call, added, isFirst: true, sinceMs: undefined });
  }
  const error = fails ? new MillraceError('internal', 'no') : undefined;
  const target = { name: ref.name, version: undefined };
  events.publish('inferFinished', { call, target, request: undefined, ref, error, answered: !fails, rows, epochMs: 0 });
  const exchange = { method: 'POST', route: '', path: '', status: 200, remoteAddress: '', durationMs: 1, error };
  events.publish('httpFinished', { ...exchange, call, requestBytes: bytes, responseBytes: 1 });
  const hour = new Date(nowMs - (nowMs % HOUR_MS)).toISOString();
  const day = new Date(nowMs - (nowMs % DAY_MS)).toISOString();
  for (const sums of reference.at(
    'all',
    `h ${hour}`,
    `d ${day}`,
    `p ${call.principal.name} ${ref.name} ${ref.version}`,
  )) {
    sums[fails ? 'failed' : 'answered']++;
    sums.rows += fails ? 0 : rows;
    sums.computeUs += Math.round(((computeInferMs * rows) / batchRows) * 1_000);
    sums.bytes += bytes + 1;
    sums.tokens += promptTokens;
    sums.billionths += fails ? 0n : price;
  }
}

const asEuros = (billionths: bigint) =>
  `${billionths / 1_000_000_000n}.${String(billionths % 1_000_000_000n).padStart(9, '0')}`.replace(/\.?0+$/, '');

/** What is told, by the keys of the reference. */
async function told({ metering }: Life, question: object, keyOf: (row: Readonly<Record<string, unknown>>) => string) {
  const { rows } = await metering.useCases.report(callOf(), question);
  return new Map(
    rows.map(
      ({ answered, failed, rows: count, computeUs, requestBytes, responseBytes, promptTokens, costs, ...labels }) => [
        keyOf(labels),
        {
          answered,
          failed,
          rows: count,
          computeUs,
          bytes: requestBytes + responseBytes,
          tokens: promptTokens,
          euros: costs.EUR,
        },
      ],
    ),
  );
}

const seed = chooseSeed();

it(`usage over days, restarts and a clock that is set is what was used, exactly (seed ${seed})`, async () => {
  const random = new Random(seed);
  const clock = new FakeClock();
  const file = path.join(await storeFolder(), 'store.db');
  const reference = new Reference();
  let lives = 0;
  const begin = (): Life => {
    const store = openStore({ path: file, maxSizeBytes: 1_073_741_824 }, systemClock);
    const events = new EventBus();
    const price = PRICES[lives++ % PRICES.length] as bigint;
    const metering = { ...OPTIONS, prices: [{ models: ['*'], perRequest: Number(price) / 1e9 }] };
    return {
      store,
      events,
      price,
      metering: createMetering({ metering, knowsCallers: true, records: store.usage, clock, events }),
    };
  };
  /** All that was counted: what is told is written first. */
  const isWritten = async ({ metering }: Life) => {
    await metering.useCases.report(callOf(), {});
    expect(metering.gauge()?.pending).toBe(0);
  };
  let life = begin();
  for (let step = 0; step < DAYS * 24; step++) {
    for (let count = random.integer(0, 30); count > 0; count--) {
      use(random, life, { nowMs: clock.wallNow(), reference });
      if (random.chance(0.2)) await clock.advance(random.integer(1, 100_000));
    }
    if (random.chance(0.25)) {
      // Stopped, or killed when all is written: what is lost otherwise is for a test of processes.
      if (random.chance(0.5)) await life.metering.close();
      else await isWritten(life);
      await life.store.close();
      life = begin();
    }
    if (random.chance(0.1)) clock.wallOffsetMs += random.pick([-2, -1, 1, 5]) * HOUR_MS;
    await clock.advance(HOUR_MS);
  }
  await isWritten(life);

  const question = { from: '2025-06-01', to: '2025-07-04' };
  const expected = (prefix: string) =>
    new Map(
      [...reference.sums]
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, { billionths, ...sums }]) => [key, { ...sums, euros: asEuros(billionths) }]),
    );
  const timeOf = ({ atMs }: Readonly<Record<string, unknown>>) => new Date(Number(atMs)).toISOString();
  expect(await told(life, question, () => 'all')).toEqual(expected('all'));
  expect(await told(life, { ...question, granularity: 'hour' }, (row) => `h ${timeOf(row)}`)).toEqual(expected('h'));
  expect(await told(life, { ...question, granularity: 'day' }, (row) => `d ${timeOf(row)}`)).toEqual(expected('d'));
  const by = { ...question, by: 'principal,model,version' };
  expect(await told(life, by, (row) => `p ${row.principal} ${row.model} ${row.version}`)).toEqual(expected('p'));
  expect(life.metering.gauge()).toEqual({ lostRequests: 0, folded: 0, pending: 0 });

  // Forty days later hours are gone, and days are not.
  await clock.advance(40 * DAY_MS);
  use(random, life, { nowMs: clock.wallNow(), reference });
  const hoursLeft = () =>
    life.store.usage.sums({ period: 'hour', fromMs: 0, toMs: 1e15, by: ['time'], principal: undefined, limit: 99 });
  await until('hours are forgotten', async () => {
    await clock.advance(300);
    return (await hoursLeft()).length === 1;
  });
  expect(
    await told(life, { from: '2025-06-01', to: '2026-01-01', granularity: 'day' }, (row) => `d ${timeOf(row)}`),
  ).toEqual(expected('d'));
  await life.metering.close();
  await life.store.close();
});
