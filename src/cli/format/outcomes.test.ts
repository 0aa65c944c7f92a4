import pc from 'picocolors';
import { expect, it } from 'vitest';
import type { OutcomeReport } from '../../api/index.js';
import { formatOutcomes } from './outcomes.js';

const STYLE = { colors: pc.createColors(false) };
const ARM = { model: 'm', kind: 'binary', better: 'higher' } as const;

it('shows rates in percent, and the baseline first', () => {
  const body: OutcomeReport = {
    route: 'r',
    confidence: 0.95,
    baseline: 'stable',
    dropped_answers: 3,
    arms: [
      {
        ...ARM,
        arm: 'stable',
        version: 3,
        answers: 900,
        outcomes: 400,
        mean: 0.1,
        interval: { low: 0.08, high: 0.12 },
      },
      {
        ...ARM,
        arm: 'canary',
        version: 4,
        answers: 90,
        outcomes: 40,
        mean: 0.25,
        interval: { low: 0.2, high: 0.3 },
        effect: {
          difference: 0.15,
          difference_interval: { low: 0.05, high: 0.25 },
          ratio: 2.5,
          ratio_interval: { low: 1.5, high: 3.5 },
        },
      },
      { ...ARM, arm: 'canary', version: 2, kind: 'number', answers: 9, outcomes: 0 },
    ],
  };
  expect(
    formatOutcomes(body, STYLE).replace(/ +$/gm, ''),
  ).toBe(`ARM      VERSION   ANSWERS   OUTCOMES   MEAN            DIFFERENCE           RATIO
stable   m/3           900        400   10 % [8, 12]    -                    -
canary   m/4            90         40   25 % [20, 30]   +15 points [5, 25]   2.5 [1.5, 3.5]
canary   m/2             9          0   -               -                    -
In brackets: where it is with 95 % confidence. Against 'stable'; higher is better.
3 answers could not be noted; the server's log says why.
`);
  expect(formatOutcomes({ ...body, arms: [] }, STYLE)).toBe("no answers of route 'r' have been noted yet\n");
});
