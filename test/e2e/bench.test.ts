import { describe, expect, it } from 'vitest';
import { compareBuilds, runRows } from '../../bench/bench.js';
import { compare, formatComparison } from '../../bench/compare.js';
import { ratioBar } from '../../bench/harness/bars.js';
import { placeTimes, selfTimes } from '../../bench/harness/cpu-profile.js';
import { ratioInterval, studentQuantile } from '../../bench/harness/interval.js';
import { formatMarkdown } from '../../bench/harness/report.js';
import { type BenchSettings, judge } from '../../bench/harness/row.js';
import { spreadOf } from '../../bench/harness/sample.js';
import { allRows } from '../../bench/workloads/index.js';

const TINY: BenchSettings = {
  rounds: 1,
  // Long enough that a stall of a busy machine does not leave a contestant without a single answer.
  seconds: 0.5,
  warmUpSeconds: 0.05,
  generator: 'own',
  peers: false,
  say: () => {},
};

describe('the benchmark', () => {
  it.each(['W1', 'W2-batch'])('runs row %s against its controls and writes a report', async (id) => {
    const report = await runRows(
      allRows().filter((row) => row.id === id),
      TINY,
    );
    const [row] = report.rows;
    expect(row?.notes).toEqual([]);
    for (const { samples } of row?.contestants ?? []) {
      expect(samples[0]?.rowsPerSecond).toBeGreaterThan(0);
      expect(samples[0]?.errors ?? 0).toBe(0);
    }
    // Bars against peers, who are not here, stay open.
    expect(row?.bars.map((bar) => bar.pass === undefined)).toEqual(
      row?.bars.map((bar) => /mosec|triton/.test(bar.text)),
    );
    expect(formatMarkdown(report)).toContain(`## ${id}: `);
  });

  it('has a row of its own for each name', () => {
    const ids = allRows().map((row) => row.id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('two builds', () => {
  it.each(['W1', 'grpc-W1'])('are measured in turn on %s, in the folder of a checkout or its dist', async (id) => {
    const report = await compareBuilds(id === 'W1' ? '.' : 'dist', { ...TINY, rounds: 2 }, id);
    const [row] = report.rows;
    expect(row?.notes).toEqual([]);
    expect(row?.contestants.map(({ name, samples }) => [name, samples.length])).toEqual([
      ['old', 2],
      ['new', 2],
    ]);
    for (const { samples } of row?.contestants ?? []) {
      for (const sample of samples) {
        expect(sample.cpuUsPerRequest).toBeGreaterThan(0);
        expect(sample.errors ?? 0).toBe(0);
      }
    }
    const line = String.raw`\d\.\d{3} \(\d+\.\d{3}–\d+\.\d{3}\)`;
    expect(formatComparison(report)).toMatch(
      new RegExp(String.raw`^\| ${id} \| ${line} \| < 1\.05 \| ${line} \| (pass|\*\*FAIL\*\*) \|$`, 'm'),
    );
  });

  it('are not compared where there is no build', async () => {
    await expect(compareBuilds('docs', TINY)).rejects.toThrow(
      'no build in docs: expected dist/cli/main.js (npm run build)',
    );
  });

  it.each([
    ['pass', [104, 104.1, 103.9], true],
    ['fail when the interval reaches the limit', [104, 108, 100], false],
    ['fail when there is no doubt', [106, 106.1, 105.9], false],
  ])('%s by the upper end of the interval, not by the mean', (_what, costs, expected) => {
    const samples = (values: readonly number[]) => values.map((cpuUsPerRequest) => ({ cpuUsPerRequest }));
    const contestants = [
      { name: 'old', samples: samples([100, 100, 100]) },
      { name: 'new', samples: samples(costs) },
    ];
    expect(compare({ id: 'W1', title: '', contestants, bars: [], notes: [] }).pass).toBe(expected);
  });

  it('are left open after a single round', () => {
    const contestants = ['old', 'new'].map((name) => ({ name, samples: [{ cpuUsPerRequest: 100 }] }));
    const comparison = compare({ id: 'W1', title: '', contestants, bars: [], notes: [] });
    expect(comparison).toEqual({ id: 'W1', cpu: undefined, requestsPerSecond: undefined, pass: undefined });
  });
});

describe('the interval of a ratio', () => {
  it('is around the geometric mean, as wide as few rounds are uncertain', () => {
    const { ratio, low, high } = ratioInterval([0.5, 2]) ?? { ratio: 0, low: 0, high: 0 };
    expect(ratio).toBeCloseTo(1);
    expect(low * high).toBeCloseTo(1);
    expect(Math.log(high)).toBeCloseTo(12.7062 * Math.LN2);
  });

  it('is the mean itself where all rounds agree, and unknown of one round', () => {
    expect(ratioInterval([1.5, 1.5, 1.5])).toEqual({ ratio: 1.5, low: 1.5, high: 1.5 });
    expect(ratioInterval([1.5])).toBeUndefined();
  });

  it.each([
    [1, 12.7062],
    [10, 2.2281],
    [11, 2.201],
    [14, 2.1448],
    [29, 2.0452],
    [1_000, 1.9623],
  ])('reaches as far as the tables of Student say for %i degrees of freedom', (freedom, expected) => {
    expect(studentQuantile(freedom)).toBeCloseTo(expected, 3);
  });
});

describe('a bar', () => {
  const bar = ratioBar({ metric: 'requestsPerSecond', who: 'a', against: 'b', atLeast: 0.5 });

  it('is judged by the median of the ratios within each round', () => {
    const rounds = [
      { a: { requestsPerSecond: 10 }, b: { requestsPerSecond: 100 } },
      { a: { requestsPerSecond: 60 }, b: { requestsPerSecond: 100 } },
      { a: { requestsPerSecond: 9 }, b: { requestsPerSecond: 10 } },
    ];
    expect(judge(bar, rounds)).toEqual({
      text: 'req/s: a / b',
      digits: 2,
      limit: '≥ 0.5',
      spread: { median: 0.6, min: 0.1, max: 0.9 },
      pass: true,
    });
  });

  it('is left open when somebody did not take part', () => {
    expect(judge(bar, [{ a: { requestsPerSecond: 10 } }])).toMatchObject({ spread: undefined, pass: undefined });
  });
});

describe('spreadOf', () => {
  it('takes the middle, or the mean of the two in the middle', () => {
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
    expect(spreadOf([4, 1, 2, 3])).toEqual({ median: 2.5, min: 1, max: 4 });
    expect(spreadOf([])).toBeUndefined();
  });
});

describe('a CPU profile', () => {
  const frame = (id: number, functionName: string, url: string, children: readonly number[] = []) => ({
    id,
    callFrame: { functionName, url, lineNumber: 4 },
    children,
  });
  const PROFILE = {
    nodes: [
      frame(1, 'parse', 'node:http'),
      frame(2, '(idle)', ''),
      frame(3, '', 'node:http'),
      frame(4, 'parse', 'node:http'),
      frame(5, 'send', new URL('../../dist/server/send.js', import.meta.url).href, [6]),
      frame(6, 'writev', ''),
    ],
    samples: [1, 2, 3, 4, 6],
    timeDeltas: [5, 1, 2, 3, 4],
  };

  it('is summed up by function and by place', () => {
    const times = selfTimes(PROFILE);
    expect(times).toEqual([
      { name: 'parse (node:http:5)', microseconds: 8 },
      { name: 'native writev for send (dist/server/send.js:5)', microseconds: 4 },
      { name: 'anonymous (node:http:5)', microseconds: 2 },
      { name: '(idle)', microseconds: 1 },
    ]);
    expect(placeTimes(times)).toEqual([
      { name: 'node:http', microseconds: 10 },
      { name: 'native writev', microseconds: 4 },
      { name: '(idle)', microseconds: 1 },
    ]);
  });

  it('can be cut down to its last part', () => {
    expect(selfTimes(PROFILE, 5)).toEqual([
      { name: 'native writev for send (dist/server/send.js:5)', microseconds: 4 },
      { name: 'parse (node:http:5)', microseconds: 3 },
    ]);
  });
});
