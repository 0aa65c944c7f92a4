import { describe, expect, it } from 'vitest';
import { runRows } from '../../bench/bench.js';
import { ratioBar } from '../../bench/harness/bars.js';
import { placeTimes, selfTimes } from '../../bench/harness/cpu-profile.js';
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
