import { describe, expect, it } from 'vitest';
import { formatObjective, meets, parseSlo } from './slo.js';

describe('an SLO', () => {
  it.each([
    ['p95<20ms', [{ percentile: 95, limitMs: 20 }]],
    [
      'p50 <= 5ms, p99.9<0.1s',
      [
        { percentile: 50, limitMs: 5 },
        { percentile: 99.9, limitMs: 100 },
      ],
    ],
    ['p5<1m30s', [{ percentile: 5, limitMs: 90_000 }]],
  ])('is read from %s', (text, objectives) => {
    expect(parseSlo(text)).toEqual(objectives);
  });

  it.each([
    '',
    'p95',
    'p95<20',
    'p95>20ms',
    'p0<20ms',
    'p100<20ms',
    'p95<0ms',
    'p95<20ms,',
    'mean<3ms',
    'p95<1ms2s',
    'p95<<1ms',
  ])('is refused where it is %j', (text) => {
    expect(() => parseSlo(text)).toThrow(`expected an SLO such as 'p95<20ms' or 'p50<5ms,p99<0.1s', got '${text}'`);
  });

  it('limits each percentile once', () => {
    expect(() => parseSlo('p95<20ms,p50<5ms,p95<30ms')).toThrow("the SLO 'p95<20ms,p50<5ms,p95<30ms' limits p95 twice");
  });

  it('is written as it is read', () => {
    for (const text of ['p95<20ms', 'p99.9<1m30s', 'p50<0.5ms', 'p50<2.5ms']) {
      expect(parseSlo(text).map(formatObjective).join(',')).toBe(text);
    }
  });

  it('is met where every percentile is within its limit and nothing was refused', () => {
    const latenciesMs = Array.from({ length: 100 }, (_, index) => index + 1);
    const met = (text: string, refused = 0) => meets({ latenciesMs, refused }, parseSlo(text));
    expect(met('p50<51ms,p95<96ms')).toBe(true);
    expect(met('p50<51ms,p95<95ms')).toBe(false);
    expect(met('p50<51ms', 0.01)).toBe(false);
  });
});
