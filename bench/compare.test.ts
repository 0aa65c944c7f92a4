import { describe, expect, it } from 'vitest';
import { compare, formatComparison } from './compare.js';
import type { RowResult } from './harness/row.js';

const MACHINE = { startedAt: 'now', machine: { old: 'a', new: 'b' } };
const SETTINGS = { rounds: 2, seconds: 1, warmUpSeconds: 1, generator: 'own', peers: false, trial: false } as const;

/** A row with two rounds, in which the CPU time of the old build is 100 µs. */
function row(again: readonly [number, number], current: readonly [number, number]): RowResult {
  const samples = ([first, second]: readonly [number, number]) => [
    { cpuUsPerRequest: first, requestsPerSecond: 1_000 },
    { cpuUsPerRequest: second, requestsPerSecond: 1_000 },
  ];
  return {
    id: 'W1',
    title: 'T',
    contestants: [
      { name: 'old', samples: samples([100, 100]) },
      { name: 'again', samples: samples(again) },
      { name: 'new', samples: samples(current) },
    ],
    bars: [],
    notes: [],
  };
}

describe('two builds', () => {
  it.each([
    ['passes where the whole interval lies below the limit', row([100, 100], [104, 104]), 'pass'],
    ['is dearer where equal builds differ by less', row([101, 101], [106, 106]), 'dearer'],
    ['is within noise where equal builds differ by as much', row([107, 107], [106, 106]), 'within noise'],
    [
      'is within noise, too, where the second of the equal builds is the cheaper one',
      row([90, 90], [106, 106]),
      'within noise',
    ],
  ])('are judged by CPU time: the new one %s', (_name, result, verdict) => {
    expect(compare(result).map((each) => [each.metric, each.verdict])).toEqual([
      ['cpuUsPerRequest', verdict],
      ['requestsPerSecond', 'not judged'],
    ]);
  });

  it('are not judged by a single round', () => {
    const { contestants, ...rest } = row([100, 100], [200, 200]);
    const once = contestants.map(({ name, samples }) => ({ name, samples: samples.slice(0, 1) }));
    expect(compare({ ...rest, contestants: once }).map(({ verdict }) => verdict)).toEqual(['not judged', 'not judged']);
  });

  it('are shown with what the old one differs by from itself', () => {
    const report = { ...MACHINE, settings: SETTINGS, rows: [row([101, 101], [106, 106])] };
    expect(formatComparison(report).split('\n').slice(6, 10)).toEqual([
      '| row | metric | new / old (95 %) | limit | old again / old (95 %) | |',
      '|---|---|---|---|---|---|',
      '| W1 | CPU µs/req | 1.060 (1.060–1.060) | < 1.05 | 1.010 (1.010–1.010) | **dearer** |',
      '| W1 | req/s | 1.000 (1.000–1.000) |  | 1.000 (1.000–1.000) | not judged |',
    ]);
  });
});
