import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { firstNumberOf, jobOfResponse, responseIdOf } from './background-ids.js';
import { BackgroundStreams } from './background-streams.js';

const event = (number: number, text = `event ${number}`) => ({ number, text });

function streamsOf(...ids: readonly string[]) {
  const clock = new FakeClock();
  const streams = new BackgroundStreams(clock);
  for (const id of ids) streams.begin(id, 'ann');
  return { clock, streams };
}

const numbers = (streams: BackgroundStreams, id: string, after: number) =>
  streams.eventsAfter(id, after).map(({ number }) => number);

describe('a stream in memory', () => {
  it('has the events behind a number', () => {
    const { streams } = streamsOf('r');
    for (const number of [2, 3, 4]) streams.add('r', event(number));
    expect([-1, 1, 2, 3, 4, 900].map((after) => numbers(streams, 'r', after))).toEqual([
      [2, 3, 4],
      [2, 3, 4],
      [3, 4],
      [4],
      [],
      [],
    ]);
    expect(numbers(streams, 'other', -1)).toEqual([]);
  });

  it('tells its readers of further events, and of its end', async () => {
    const { streams } = streamsOf('r');
    const first = streams.wait('r');
    streams.add('r', event(2));
    await first.changed;
    const second = streams.wait('r');
    streams.end('r');
    await second.changed;
    const left = streams.wait('r');
    left.close();
    await left.changed;
  });

  it('is replaced by that of the next attempt, whose numbers are higher', () => {
    const { streams } = streamsOf('r');
    const [first, second] = [1, 3].map((version) => firstNumberOf({ id: 'j', version }));
    streams.add('r', event(first ?? 0));
    streams.begin('r', 'ann');
    streams.add('r', event(second ?? 0));
    expect([first, numbers(streams, 'r', 57)]).toEqual([2, [second]]);
  });

  it('that is too large is dropped', () => {
    const { streams } = streamsOf('r');
    for (let number = 2; number < 35; number++) streams.add('r', event(number, 'x'.repeat(65_536)));
    expect(numbers(streams, 'r', -1)).toEqual([]);
  });

  it('is dropped where its owner has more than 64, the oldest first', () => {
    const { streams } = streamsOf('r', 'other');
    streams.add('r', event(2));
    streams.begin('theirs', 'ben');
    streams.add('theirs', event(2));
    for (let index = 0; index < 63; index++) streams.begin(`more-${index}`, 'ann');
    expect([numbers(streams, 'r', -1), numbers(streams, 'theirs', -1)]).toEqual([[], [2]]);
  });

  it('is dropped ten minutes after its end, with the next one that begins', async () => {
    const { clock, streams } = streamsOf('r');
    streams.add('r', event(2));
    streams.end('r');
    await clock.advance(600_000);
    streams.begin('s', 'ann');
    expect(numbers(streams, 'r', -1)).toEqual([2]);
    await clock.advance(1);
    streams.begin('t', 'ann');
    expect(numbers(streams, 'r', -1)).toEqual([]);
  });
});

it('the id of a response names its job, and no other id does', () => {
  const job = `${'a'.repeat(8)}-${'b'.repeat(32)}`;
  expect(jobOfResponse(responseIdOf(job))).toBe(job);
  for (const id of ['resp_0', `resp_${job}x`, job, `resp_${'a'.repeat(8)}-${'1'.repeat(32)}`]) {
    expect(jobOfResponse(id)).toBeUndefined();
  }
});
