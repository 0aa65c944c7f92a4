import { expect, it } from 'vitest';
import { call } from '../../../test/support/engine-fixture.js';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { version } from '../../../test/support/infer-fixture.js';
import { MillraceError } from '../../core/index.js';
import type { Observation } from '../../rollouts/index.js';
import { createRoutes } from '../../routing/index.js';
import { RolloutTap } from './rollout-tap.js';

it('a rollout is not judged by callers that have left or have as much as they may have', () => {
  const seen: Observation[] = [];
  const tap = new RolloutTap(new FakeClock(), () => ({
    assignsKeys: true,
    began: () => undefined,
    canaryShare: 0.1,
    observe: (each) => seen.push(each),
  }));
  const [route] = createRoutes({
    m: { arms: [{ model: 'm', version: 2, weight: 1 }], rules: [], fallback: [] },
  }).routes;
  const [arm] = route?.arms ?? [];
  if (route === undefined || arm === undefined) throw new Error('the route is wrong');
  const choice = { route, arm, info: version(2, 2), isDealt: true, key: undefined };
  for (const code of ['cancelled', 'quota_exceeded', 'internal'] as const) {
    tap.began(choice, call())?.onEnd(new MillraceError(code, 'no'));
  }
  expect(seen).toMatchObject([{ failed: true }]);
});
