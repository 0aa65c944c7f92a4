import { expect, it } from 'vitest';
import { batchFinished, finishedCall, REF } from '../../../test/support/finished.js';
import { attemptSpanId, attemptsOf, type Call, endAttempt, MillraceError } from '../../core/index.js';
import { BatchSpans } from './batch-spans.js';

const PLACE = { instance: 'mlp/3#0', batchId: 7, batchRows: 8 };

function memberCalls(count: number, timing = {}): readonly Call[] {
  return Array.from({ length: count }, () => {
    const call = finishedCall({ ...PLACE, answeredBy: REF, ...timing });
    return call.child({ receivedAt: 100 });
  }).map((call) => {
    Object.assign(call.timing, { ...PLACE, answeredBy: REF, ...timing });
    return call;
  });
}

const idsOf = (calls: readonly Call[], attempt = 0) =>
  calls.map(({ trace }) => ({ traceId: trace?.traceId, spanId: attemptSpanId(trace?.spanId ?? '', attempt) }));

const batchOf = (calls: readonly Call[]) =>
  batchFinished({ ...PLACE, members: calls.map((call) => ({ call })), rows: 8, reason: 'full' });

it('a batch of several members is a span in a trace of its own, linked to them, and they to it', () => {
  const spans = new BatchSpans();
  const calls = memberCalls(8);
  const [attempt] = attemptsOf((calls[0] as Call).timing, undefined);
  const found = attempt && spans.find(attempt, 1);
  const span = spans.ended(batchOf(calls), 1_000);
  expect(span).toMatchObject({ ...found, name: 'batch mlp', parentSpanId: undefined, startMs: 996, endMs: 1_000 });
  expect(span?.links).toEqual(idsOf(calls));
  expect(span?.attributes).toEqual({
    'millrace.model.name': 'mlp',
    'millrace.model.version': '3',
    'millrace.instance': 'mlp/3#0',
    'millrace.batch.id': 7,
    'millrace.batch.requests': 8,
    'millrace.batch.rows': 8,
    'millrace.batch.reason': 'full',
  });
  expect(span?.traceId).not.toBe(calls[0]?.trace?.traceId);
});

it('a batch of one request has no span, and neither has one of requests that are not traced', () => {
  const spans = new BatchSpans();
  const [call] = memberCalls(1);
  expect(spans.ended(batchOf([call as Call]), 0)).toBeUndefined();
  const [attempt] = attemptsOf((call as Call).timing, undefined);
  expect(attempt && spans.find(attempt, 8)).toBeUndefined();
  const untraced = { call: { ...call, trace: undefined } as unknown as Call };
  expect(spans.ended(batchFinished({ members: [untraced, untraced] }), 0)).toBeUndefined();
});

it('a batch that has failed is linked to the attempts that were in it', () => {
  const calls = memberCalls(2);
  const error = new MillraceError('internal', 'boom');
  for (const { timing } of calls) endAttempt(timing, error);
  const span = new BatchSpans().ended({ ...batchOf(calls), error }, 0);
  expect(span?.links).toEqual(idsOf(calls));
  expect(span).toMatchObject({ isError: true, attributes: { 'error.type': 'internal' } });
});

it('only the last 1,024 batches are known', () => {
  const spans = new BatchSpans();
  const find = (batchId: number) => {
    const [attempt] = attemptsOf(finishedCall({ ...PLACE, batchId, answeredBy: REF }).timing, undefined);
    return attempt && spans.find(attempt, 1);
  };
  const first = find(1);
  for (let id = 2; id <= 1_024; id++) find(id);
  expect(find(1)).toBe(first);
  find(1_025);
  expect(find(1)).not.toEqual(first);
});
