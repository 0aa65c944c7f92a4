import { describe, expect, it } from 'vitest';
import { differenceUsBar, meanRatioBar, ratioBar, shareBar, valueBar } from './bars.js';
import { isJudged, judge } from './row.js';

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
      counted: 3,
      rounds: 3,
      verdict: 'pass',
    });
  });

  it.each([
    [0.5, 'pass'],
    [0.49, 'fail'],
  ])('of at least 0.5 that reaches %d: %s', (requestsPerSecond, verdict) => {
    expect(judge(bar, [{ a: { requestsPerSecond }, b: { requestsPerSecond: 1 } }]).verdict).toBe(verdict);
  });

  it.each([
    [75, 'pass'],
    [75.1, 'fail'],
  ])('of at most 75 that reaches %d: %s', (runnerMemoryMb, verdict) => {
    const most = valueBar({ metric: 'runnerMemoryMb', who: 'a', atMost: 75 });
    expect(judge(most, [{ a: { runnerMemoryMb } }]).verdict).toBe(verdict);
  });

  it('is not run when somebody did not take part', () => {
    expect(judge(bar, [{ a: { requestsPerSecond: 10 } }])).toMatchObject({ spread: undefined, verdict: 'not run' });
  });

  it('is not judged in a trial, whatever it reached', () => {
    const missed = [{ a: { requestsPerSecond: 1 }, b: { requestsPerSecond: 100 } }];
    expect(judge(bar, missed, false)).toMatchObject({ spread: { median: 0.01 }, verdict: 'not judged' });
  });

  it('is not judged where it has no limit', () => {
    const shown = valueBar({ metric: 'memoryMb', who: 'a' });
    expect(judge(shown, [{ a: { memoryMb: 7 } }])).toMatchObject({ limit: '', verdict: 'not judged' });
  });

  it.each([
    ['a full run', { trial: false }, true],
    ['a trial', { trial: true }, false],
    ['a busy run', { trial: false, busy: true }, false],
  ])('of %s is judged: %#', (_which, settings, judged) => {
    expect(isJudged(settings)).toBe(judged);
  });
});

describe('a bar on the mean of several ratios', () => {
  const bar = meanRatioBar({
    text: 'tok/s, mean',
    metrics: ['tokensPerSecond1', 'tokensPerSecond8'],
    who: 'a',
    against: 'b',
    atLeast: 1.03,
  });

  it('takes each in the same round', () => {
    const a = { tokensPerSecond1: 110, tokensPerSecond8: 200 };
    const b = { tokensPerSecond1: 100, tokensPerSecond8: 200 };
    expect(judge(bar, [{ a, b }])).toMatchObject({
      text: 'tok/s, mean: a / b',
      limit: '≥ 1.03',
      spread: { median: 1.05 },
      verdict: 'pass',
    });
  });

  it('is not run where one of them is missing', () => {
    const a = { tokensPerSecond1: 110 };
    expect(judge(bar, [{ a, b: { tokensPerSecond1: 100, tokensPerSecond8: 200 } }]).verdict).toBe('not run');
  });
});

it('a bar on a share holds one metric of a contestant against another one', () => {
  const bar = shareBar({ metric: 'jsonTokenMs', of: 'tokenMs', who: 'a', atMost: 1.3 });
  expect(judge(bar, [{ a: { jsonTokenMs: 12, tokenMs: 10 } }])).toMatchObject({
    text: 'ms/token as JSON / ms/token: a',
    spread: { median: 1.2 },
    verdict: 'pass',
  });
  expect(judge(bar, [{ a: { jsonTokenMs: 12 } }]).verdict).toBe('not run');
});

describe('a bar with a condition', () => {
  const bar = differenceUsBar({
    metric: 'p50Ms',
    who: 'a',
    against: 'echo',
    atMost: 60,
    where: { metric: 'p50Ms', who: 'echo', atMost: 0.06 },
  });
  const round = (a: number, echo: number) => ({ a: { p50Ms: a }, echo: { p50Ms: echo } });

  it('counts only the rounds in which it holds', () => {
    expect(judge(bar, [round(0.1, 0.06), round(0.4, 0.061), round(0.5, 0.1)])).toMatchObject({
      text: 'p50: a − echo, µs, where p50 ms of echo ≤ 0.06',
      counted: 1,
      rounds: 3,
      verdict: 'pass',
    });
  });

  it('is not judged when it never holds', () => {
    expect(judge(bar, [round(0.4, 0.1)])).toMatchObject({ spread: undefined, counted: 0, verdict: 'not judged' });
  });
});
