import { beforeEach, describe, expect, it } from 'vitest';
import { principalWith } from '../../../test/support/principals.js';
import { Call, type ErrorCode, MillraceError, type ModelRef } from '../../core/index.js';
import { UsageBook } from '../../metering/index.js';
import { UsageMeter } from './usage-meter.js';

const FRAUD: ModelRef = { name: 'fraud', version: 3, generation: 1 };
const OTHER: ModelRef = { name: 'other', version: 1, generation: 2 };
const PRINCIPAL = principalWith('shop', 'caller');

let book: UsageBook;
let meter: UsageMeter;
beforeEach(() => {
  book = new UsageBook({ prices: { priceOf: () => '' }, maxSeriesPerHour: 100, maxPending: 100 });
  meter = new UsageMeter(book, { wallNow: () => 0 });
});

const callOf = () =>
  new Call({
    requestId: 'r',
    principal: PRINCIPAL,
    trace: undefined,
    deadlineAt: Number.POSITIVE_INFINITY,
    receivedAt: 0,
  });

function finish(call: Call, ref: ModelRef | undefined, { code, rows = 1 }: { code?: ErrorCode; rows?: number } = {}) {
  call.timing.answeredBy ??= ref;
  const error = code && new MillraceError(code, 'no');
  const target = { name: 'asked', version: undefined };
  meter.inferFinished({ call, target, request: undefined, ref, error, answered: !error, rows, epochMs: 0 });
}

/** The counts that are not 0. */
const counted = () =>
  book
    .take(100)
    .map(({ hourMs: _, principal: _who, groups: _groups, price: _price, ...increment }) =>
      Object.fromEntries(Object.entries(increment).filter(([, value]) => value !== 0 && value !== '')),
    );

describe('what is counted', () => {
  it('of requests is how they have ended, with rows of those that were answered', () => {
    for (const code of [
      undefined,
      'invalid_argument',
      'resource_exhausted',
      'internal',
      'unavailable',
      'cancelled',
    ] as const) {
      finish(callOf(), FRAUD, { ...(code && { code }), rows: 4 });
    }
    expect(counted()).toEqual([
      { model: 'fraud', version: 3, answered: 1, refused: 2, failed: 2, cancelled: 1, rows: 4 },
    ]);
  });

  it('of a fallback is the arm that has ended it, once', () => {
    const call = callOf();
    Object.assign(call.timing, { answeredBy: OTHER, route: 'live', arm: 'stable', computeInferMs: 2 });
    finish(call, OTHER);
    expect(counted()).toEqual([
      { model: 'other', version: 1, route: 'live', arm: 'stable', answered: 1, rows: 1, computeUs: 2_000 },
    ]);
  });

  it('of calls by models is computation and tokens, for the caller', () => {
    const child = callOf().child({ receivedAt: 0, caller: 'asked' });
    child.timing.computeInferMs = 1.5;
    finish(child, FRAUD, { rows: 3 });
    const added = { promptTokens: 5, cachedTokens: 2, completionTokens: 1 };
    meter.usageGrew({ ref: FRAUD, call: child, added, isFirst: true, sinceMs: undefined });
    finish(callOf().child({ receivedAt: 0, caller: 'asked' }), undefined, { code: 'not_found' });
    expect(counted()).toEqual([
      { model: 'fraud', version: 3, computeUs: 1_500, promptTokens: 5, cachedTokens: 2, completionTokens: 1 },
    ]);
  });

  it('of copies, and of what their models call, is nothing', () => {
    const copy = callOf().detached({ receivedAt: 0, deadlineAt: 1, account: 'none' });
    for (const call of [copy, copy.child({ receivedAt: 0, caller: 'asked' })]) {
      finish(call, FRAUD);
      meter.usageGrew({ ref: FRAUD, call, added: { promptTokens: 1, completionTokens: 1 }, isFirst: true, sinceMs: 1 });
    }
    expect(counted()).toEqual([]);
  });

  it('in bytes is of requests that have come to a model', () => {
    meter.exchangeFinished({ call: callOf(), requestBytes: 1, responseBytes: 2 });
    const call = callOf();
    finish(call, FRAUD);
    meter.exchangeFinished({ call, requestBytes: 10, responseBytes: 20 });
    expect(counted()).toEqual([
      { model: 'fraud', version: 3, answered: 1, rows: 1, requestBytes: 10, responseBytes: 20 },
    ]);
  });

  it('in bytes of several calls is the one model of all, or none', () => {
    for (const refs of [
      [FRAUD, FRAUD],
      [FRAUD, OTHER, FRAUD],
    ]) {
      const stream = callOf();
      for (const ref of refs) finish(stream.child({ receivedAt: 0 }), ref);
      meter.exchangeFinished({ call: stream, requestBytes: 10, responseBytes: 20 });
    }
    expect(counted()).toEqual([
      { model: 'fraud', version: 3, answered: 4, rows: 4, requestBytes: 10, responseBytes: 20 },
      { model: 'other', version: 1, answered: 1, rows: 1 },
      { requestBytes: 10, responseBytes: 20 },
    ]);
  });
});
