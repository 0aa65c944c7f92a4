import { expect, it } from 'vitest';
import { modelInfo } from '../../../test/support/model-info.js';
import type { ModelInfo } from '../../engine/index.js';
import { createRoutes } from '../../routing/index.js';
import { isCompared } from './is-compared.js';

const infos: readonly ModelInfo[] = [1, 2, 3, 4].map((version) =>
  modelInfo('m', { ref: { name: 'm', version, generation: version } }),
);
const labels = new Map([['candidate', 3]]);
const lookup = {
  engine: { serving: (name: string) => (name === 'm' ? infos : []), statusesOf: () => [] },
  labels: { of: () => labels },
};
const SHADOW = {
  share: 1,
  timeoutMs: 1_000,
  maxPending: 1,
  allowSideEffects: false,
  keepSamples: 0,
  compare: { absoluteTolerance: 0, relativeTolerance: 0, outputs: {} },
};
const { routes } = createRoutes({
  live: {
    arms: [{ name: 'stable', model: 'm', version: 1, weight: 1 }],
    rules: [],
    fallback: [],
    shadow: { ...SHADOW, model: 'm', label: 'candidate' },
  },
  plain: { arms: [{ name: 'other', model: 'm', version: 2, weight: 1 }], rules: [], fallback: [] },
});
const table = { all: () => routes.map((route) => ({ owner: 'file' as const, route, isInForce: true })) };
const compared = (open: boolean) =>
  infos.flatMap(({ ref }) =>
    isCompared({ isInRollout: () => open, routes: table, lookup }, ref) ? [ref.version] : [],
  );

it('the versions of a route with a shadow are compared, by number or label, and no others', () => {
  expect(compared(false)).toEqual([1, 3]);
  labels.set('candidate', 4);
  expect(compared(false)).toEqual([1, 4]);
});

it('all versions of a model are compared while a rollout of it is not over', () => {
  expect(compared(true)).toEqual([1, 2, 3, 4]);
});
