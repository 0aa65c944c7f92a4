import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { IDENTITY } from '../../../test/support/engine-fixture.js';
import type { LoadedModel } from '../contract.js';
import { FrameKind, readFrame } from './frame.js';
import { decodeStatistics, encodeStatistics } from './statistics-frame.js';
import { StatisticsReporter } from './statistics-reporter.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function createFixture() {
  const sent: (readonly number[])[] = [];
  const reports: string[] = [];
  const said: { values: Record<string, number>; fault: Error | undefined } = {
    values: { used: 1, steps_total: 0 },
    fault: undefined,
  };
  const decode = (pieces: readonly Uint8Array[]) =>
    pieces.flatMap((piece) => [...decodeStatistics(readFrame(piece), 2)]);
  const model: LoadedModel = {
    description: {
      ...IDENTITY,
      statistics: [
        { name: 'used', help: 'Used.' },
        { name: 'steps_total', help: 'Steps.' },
      ],
    },
    execute: () => Promise.reject(new Error('not asked for')),
    cancel: () => undefined,
    statistics: () => {
      if (said.fault !== undefined) throw said.fault;
      return said.values;
    },
    close: () => Promise.resolve(),
  };
  const reporter = new StatisticsReporter({
    modelKey: 7,
    model,
    write: (pieces) => {
      if (pieces.length > 0) sent.push(decode(pieces));
    },
    report: (_level, message) => reports.push(message),
  });
  return { reporter, said, sent, reports, decode };
}

test('statistics go with the end of a batch, where they have changed', () => {
  const { reporter, said, decode } = createFixture();
  reporter.begin();
  said.values = { used: 3, steps_total: 1 };
  expect(decode(reporter.end())).toEqual([3, 1]);
  reporter.begin();
  expect(reporter.end()).toEqual([]);
  reporter.begin();
  said.values = { used: 4 };
  expect(decode(reporter.end())).toEqual([4, Number.NaN]);
});

test('statistics go twice a second while batches run, and not after', () => {
  const { reporter, said, sent } = createFixture();
  reporter.begin();
  reporter.begin();
  vi.advanceTimersByTime(500);
  vi.advanceTimersByTime(500);
  said.values = { used: 2, steps_total: 9 };
  reporter.end();
  said.values = { used: 2, steps_total: 12 };
  vi.advanceTimersByTime(500);
  reporter.end();
  said.values = { used: 0, steps_total: 13 };
  vi.advanceTimersByTime(5_000);
  expect(sent).toEqual([
    [1, 0],
    [2, 12],
  ]);
});

test('a model that cannot say is asked no more, and the log says why', () => {
  const { reporter, said, reports } = createFixture();
  said.fault = new Error('broken');
  for (let round = 0; round < 3; round++) {
    reporter.begin();
    expect(reporter.end()).toEqual([]);
  }
  expect(reports).toEqual([expect.stringMatching(/^statistics failed, and are asked for no more: Error: broken\n/)]);
});

test('a frame with another number of statistics is malformed', () => {
  const frame = readFrame(encodeStatistics(7, Float64Array.of(1, 2, 3)));
  expect(frame).toMatchObject({ kind: FrameKind.statistics, modelKey: 7 });
  expect([...decodeStatistics(frame, 3)]).toEqual([1, 2, 3]);
  expect(() => decodeStatistics(frame, 2)).toThrow('malformed frame: 40 bytes for 2 statistics');
});
