import { expect, it } from 'vitest';
import { WebhookLanes } from './lanes.js';

const LIMITS = { concurrency: 10, concurrencyPerHost: 4, concurrencyPerPrincipal: 3, ratePerHost: 1_000 };
const NOW = 1_000_000;

/** Begins all that may begin, in order. */
function begin(lanes: WebhookLanes, nowMs: number, most = 20): readonly string[] {
  const begun: string[] = [];
  for (let number = 1; begun.length < most; number++) {
    // A millisecond each, within the rate.
    const lane = lanes.next(nowMs + number);
    if (lane === undefined) break;
    lanes.began(lane, number, nowMs + number);
    begun.push(`${lane.owner}>${lane.host}`);
  }
  return begun;
}

it('lanes take turns', () => {
  const lanes = new WebhookLanes(LIMITS);
  for (const owner of ['a', 'b']) lanes.add({ owner, host: 'h' }, NOW);
  expect(begin(lanes, NOW)).toEqual(['a>h', 'b>h', 'a>h', 'b>h']);
});

it('one principal has at most half of what a host may have, and others of it go on', () => {
  const lanes = new WebhookLanes(LIMITS);
  for (const host of ['h', 'i', 'j']) lanes.add({ owner: 'a', host }, NOW);
  expect(begin(lanes, NOW)).toEqual(['a>h', 'a>i', 'a>j']);
  lanes.add({ owner: 'b', host: 'h' }, NOW);
  expect(begin(lanes, NOW + 100)).toEqual(['b>h', 'b>h']);
});

it('all together have a limit', () => {
  const lanes = new WebhookLanes({ ...LIMITS, concurrency: 2 });
  for (const owner of ['a', 'b', 'c']) lanes.add({ owner, host: owner }, NOW);
  expect(begin(lanes, NOW)).toEqual(['a>a', 'b>b']);
  expect(lanes.nextDueMs()).toBe(Number.POSITIVE_INFINITY);
});

it('a host is not asked faster than its rate', () => {
  const lanes = new WebhookLanes({ ...LIMITS, ratePerHost: 0.5 });
  lanes.add({ owner: 'a', host: 'h' }, NOW);
  const lane = lanes.next(NOW);
  if (lane === undefined) throw new Error('none');
  lanes.began(lane, 1, NOW);
  expect([lanes.next(NOW + 1_999), lanes.nextDueMs()]).toEqual([undefined, NOW + 2_000]);
  expect(lanes.next(NOW + 2_000)).toBe(lane);
});

it('nothing is due before its time, or before its receiver wants it', () => {
  const lanes = new WebhookLanes(LIMITS);
  lanes.add({ owner: 'a', host: 'h' }, NOW + 10);
  expect([lanes.next(NOW + 9), lanes.nextDueMs()]).toEqual([undefined, NOW + 10]);
  const lane = lanes.next(NOW + 10);
  if (lane === undefined) throw new Error('none');
  lane.notBeforeMs = NOW + 500;
  expect([lanes.next(NOW + 499), lanes.nextDueMs()]).toEqual([undefined, NOW + 500]);
});
