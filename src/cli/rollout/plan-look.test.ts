import { describe, expect, it } from 'vitest';
import { EXIT_CODES } from '../exit-code.js';
import { EXIT_OF, planLook } from './plan-look.js';

const NO_LIMIT = Number.POSITIVE_INFINITY;

describe('planLook', () => {
  it.each([
    ['done', 'promoted', 0],
    ['rolled_back', 'rolled_back', 1],
    ['aborted', 'aborted', 1],
    ['paused', 'paused', 4],
  ] as const)('ends where a rollout is %s, as %s with exit code %i, whatever time is left', (state, outcome, code) => {
    expect(planLook(state, NO_LIMIT)).toEqual({ kind: 'end', outcome });
    expect(planLook(state, 0)).toEqual({ kind: 'end', outcome });
    expect(EXIT_CODES[EXIT_OF[outcome]].code).toBe(code);
  });

  it.each(['holding', 'awaiting_approval', 'promoting', 'a state of a newer server', 'constructor'])(
    'goes on while a rollout is %s, until the time is up',
    (state) => {
      expect(planLook(state, NO_LIMIT)).toEqual({ kind: 'look', delayMs: 1_000 });
      expect(planLook(state, 300)).toEqual({ kind: 'look', delayMs: 300 });
      expect(planLook(state, 0)).toEqual({ kind: 'end', outcome: 'timed_out' });
      expect(EXIT_CODES[EXIT_OF.timed_out].code).toBe(4);
    },
  );
});
