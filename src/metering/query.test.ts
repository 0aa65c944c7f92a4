import { describe, expect, it } from 'vitest';
import { planUsage, slicesOf, type UsageQuestion } from './query.js';

const NOW = Date.UTC(2026, 10, 27, 17, 40);
const KEPT = { keepHoursDays: 35, keepDays: 400 };
const iso = (ms: number) => new Date(ms).toISOString().replace(':00.000Z', '');
function planned(question: UsageQuestion) {
  const { fromMs, toMs, period, by, granularity } = planUsage(question, NOW, KEPT);
  return [`${iso(fromMs)} ${iso(toMs)}`, period, by.join(), granularity].filter(Boolean).join(' ');
}
const refused = (question: UsageQuestion) => {
  try {
    return planned(question);
  } catch (error) {
    return (error as Error).message;
  }
};

describe('a question about usage', () => {
  it.each<[UsageQuestion, string]>([
    [{}, '2026-11-26T17:00 2026-11-27T18:00 hour'],
    [{ from: '2026-11-27T12:10:00Z' }, '2026-11-27T12:00 2026-11-27T18:00 hour'],
    [{ from: '2026-11-27T12:10:00+01:00', to: '2026-11-27T12:00Z' }, '2026-11-27T11:00 2026-11-27T12:00 hour'],
    [{ from: '2026-11-01' }, '2026-11-01T00:00 2026-11-28T00:00 day'],
    [{ from: '2026-11-01', to: '2026-11-02' }, '2026-11-01T00:00 2026-11-02T00:00 day'],
    [{ from: '2026-11-01', to: '2026-11-02T12:00Z' }, '2026-11-01T00:00 2026-11-02T12:00 hour'],
    [{ from: '2026-11-01', granularity: 'hour' }, '2026-11-01T00:00 2026-11-27T18:00 hour hour'],
    [{ granularity: 'day', by: 'model, principal,model' }, '2026-11-26T00:00 2026-11-28T00:00 day principal,model day'],
    [{ from: '1970-01-01', to: '9999-12-31' }, '2025-10-22T00:00 2028-01-01T17:40 day'],
  ])('%j is read as %s', (question, plan) => {
    expect(planned(question)).toBe(plan);
  });

  it.each<[UsageQuestion, string]>([
    [
      { by: 'modle' },
      "by: expected some of principal, group, model, version, route, arm, got 'modle'; did you mean 'model'?",
    ],
    [{ granularity: 'week' }, "granularity: expected hour or day, got 'week'"],
    [
      { from: 'yesterday' },
      "from: expected a day or a time with its zone, such as 2026-01-31 or 2026-01-31T12:00:00Z, got 'yesterday'",
    ],
    [
      { to: '2026-11-27T12:00' },
      "to: expected a day or a time with its zone, such as 2026-01-31 or 2026-01-31T12:00:00Z, got '2026-11-27T12:00'",
    ],
    [
      { to: '2026-02-31' },
      "to: expected a day or a time with its zone, such as 2026-01-31 or 2026-01-31T12:00:00Z, got '2026-02-31'",
    ],
    [
      { from: '2026-11-28' },
      "from: expected a time before 'to' (2026-11-27T17:40:00.000Z), got 2026-11-28T00:00:00.000Z",
    ],
    [
      { from: '2026-10-01', granularity: 'hour' },
      'from: hours are kept for 35 days; ask for days (granularity=day), or for a time that begins at midnight (UTC)',
    ],
  ])('%j is refused', (question, message) => {
    expect(refused(question)).toBe(message);
  });

  it('is answered from pieces that have no gap between them', () => {
    const slices = [...slicesOf(planUsage({ from: '2026-11-25T06:00Z' }, NOW, KEPT))];
    expect(slices.map(({ fromMs, toMs }) => `${iso(fromMs)} ${iso(toMs)}`)).toEqual([
      '2026-11-25T06:00 2026-11-26T06:00',
      '2026-11-26T06:00 2026-11-27T06:00',
      '2026-11-27T06:00 2026-11-27T18:00',
    ]);
    expect([...slicesOf(planUsage({ from: '2026-01-01' }, NOW, KEPT))]).toHaveLength(11);
  });
});
