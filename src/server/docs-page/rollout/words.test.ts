import { describe, expect, it } from 'vitest';
import type { Kind, Metric, MetricVerdict, Rollout } from './types.js';
import {
  commandLine,
  formatDifference,
  formatDuration,
  formatEffect,
  formatEvidence,
  formatList,
  formatMargin,
  formatPoints,
  formatShare,
  formatUnseen,
  formatVerdict,
} from './words.js';

type Kinds = Readonly<Partial<Record<Metric['name'], Kind>>>;

function rollout(kind: Kind, kinds: Kinds): Rollout {
  const metrics = Object.entries(kinds).map(
    ([name, own]): MetricVerdict => ({
      name: name as Metric['name'],
      kind: own,
      difference: { low: -1, high: 1 },
      evidence: 1,
      limit: 80,
      observations: { stable: 0, canary: 0 },
      sentence: `${name}: so it is`,
    }),
  );
  return {
    id: 'r',
    model: 'fraud',
    stable: 3,
    canary: 4,
    started_at: '2026-11-27T13:05:00.000Z',
    started_by: 'ada',
    state: 'holding',
    step: 1,
    weight: 5,
    held_ms: 0,
    requests: 0,
    phase: 'step 1 of 2 (5 %) is being held',
    next: 'nothing',
    plan: { steps: [], max_hold_ms: 0, on_inconclusive: 'pause', promotion_needs_approval: false },
    verdict: { kind, sentence: '', metrics },
    decisions: [],
    timeline: [],
    commands: [],
  };
}

describe('the verdict', () => {
  it('is one sentence, with the metrics that decide', () => {
    const said = [
      rollout('fine', { errors: 'fine', latency: 'fine' }),
      rollout('worse', { errors: 'fine', agreement: 'worse' }),
      rollout('open', { errors: 'open', latency: 'open', answers: 'fine' }),
      rollout('open', { errors: 'open', latency: 'fine' }),
      rollout('open', {}),
    ].map(formatVerdict);
    expect(said).toEqual([
      'Version 4 is no worse than version 3 in errors and latency.',
      'Version 4 does not pass the comparison with version 3: agreement.',
      'It is not known yet whether version 4 is as good as version 3 in errors and latency.',
      'It is not known yet whether version 4 is as good as version 3 in errors.',
      'Nothing has been measured.',
    ]);
  });

  it('comes with what it cannot see', () => {
    expect(formatUnseen(rollout('open', { errors: 'open', latency: 'fine' }))).toEqual([
      'errors: so it is',
      'A difference in anything but errors and latency is not seen.',
    ]);
  });
});

describe('numbers', () => {
  it('have two digits that count', () => {
    expect([undefined, 0, 0.00034, 0.0214, 0.37, 1].map(formatShare)).toEqual([
      '–',
      '0 %',
      '0.034 %',
      '2.1 %',
      '37 %',
      '100 %',
    ]);
    expect([0, 0.012, -0.004].map(formatPoints)).toEqual(['0', '+1.2', '−0.4']);
    expect([1.234, 84, 12_345, 1e99].map((evidence) => formatEvidence({ evidence, limit: 80 }))).toEqual([
      '1.2 of 80',
      '84 of 80',
      '12,345 of 80',
      'over 1,000,000 of 80',
    ]);
  });

  it('of differences name the sides that matter', () => {
    expect(formatDifference({ low: -1, high: 1 })).toBe('not known yet');
    expect(formatDifference({ low: -0.004, high: 0.012 })).toBe('−0.4 to +1.2 points');
    expect(
      [{ low: -1, high: 0.02 }, { low: -0.05, high: 1 }, { low: -0.1, high: 0.1 }, { low: -1, high: 1 }, undefined].map(
        formatMargin,
      ),
    ).toEqual(['below +2 points', 'above −5 points', '−10 to +10 points', 'anything', '–']);
  });

  it('of durations have two units', () => {
    expect([0, 999, 250_000, 7_200_000, 90_061_000].map(formatDuration)).toEqual(['0s', '0s', '4m10s', '2h', '1d1h']);
  });
});

it('lists read as a sentence', () => {
  expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(formatList)).toEqual(['', 'a', 'a and b', 'a, b and c']);
});

it('commands say what they do, and how a shell has them', () => {
  const held = rollout('open', { errors: 'open' });
  expect(formatEffect('abort', held)).toBe('All requests go to version 3 at once, and the rollout is over.');
  const waiting = { ...held, state: 'awaiting_approval', phase: 'step 2 of 2 (100 %) waits for approval' } as const;
  expect(formatEffect('approve', waiting)).toBe(
    'Now: step 2 of 2 (100 %) waits for approval. Your approval lets it begin.',
  );
  expect(commandLine('abort', "it's", 'http://h:1')).toBe("millrace rollout abort 'it'\\''s' --url http://h:1");
});
