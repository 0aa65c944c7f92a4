import { expect, test } from 'vitest';
import { IDENTITY } from '../../test/support/engine-fixture.js';
import type { LoadedModel } from './contract.js';
import type { StatisticSpec } from './description.js';
import { InlineModel } from './host/inline-model.js';
import { checkStatistics } from './statistics.js';

const spec = (name: string, help = 'Something.'): StatisticSpec => ({ name, help });
const PREFIX = 'statistics of the runtime: ';

test('statistics that can become metrics are taken', () => {
  const most = Array.from({ length: 32 }, (_, index) => spec(`used_${index}`));
  for (const statistics of [undefined, [], [spec('kv_cache_used_bytes'), spec('steps_total')], most]) {
    expect(() => checkStatistics({ ...IDENTITY, ...(statistics && { statistics }) })).not.toThrow();
  }
});

test.each<[string, readonly unknown[], string]>([
  ['too many', Array.from({ length: 33 }, (_, index) => spec(`used_${index}`)), 'expected at most 32, got 33'],
  [
    'with other names',
    [spec('used{le="1"}')],
    `expected names of lower-case letters, digits and '_', up to 63, got 'used{le="1"}'`,
  ],
  [
    'with long names',
    [spec('x'.repeat(1_000))],
    `expected names of lower-case letters, digits and '_', up to 63, got '${'x'.repeat(100)}'`,
  ],
  [
    'without a name',
    [{ help: 'x' }],
    "expected names of lower-case letters, digits and '_', up to 63, got 'undefined'",
  ],
  ['named alike', [spec('used'), spec('used')], "'used' is there twice"],
  ['without a description', [spec('used', '')], "'used' needs a description of one line, up to 200 characters"],
  ['of two lines', [spec('used', 'a\n# EOF')], "'used' needs a description of one line, up to 200 characters"],
])('statistics %s are refused', (_label, statistics, problem) => {
  expect(() => checkStatistics({ ...IDENTITY, statistics: statistics as readonly StatisticSpec[] })).toThrow(
    expect.objectContaining({ code: 'internal', message: PREFIX + problem }),
  );
});

test('of what an inline model says only declared, finite numbers are taken, and its faults harm nobody', () => {
  let say = (): Record<string, unknown> => ({ used: 5, free: Number.NaN, other: 7, total: '12' });
  const model: LoadedModel = {
    description: { ...IDENTITY, statistics: [spec('used'), spec('free'), spec('total')] },
    execute: () => Promise.reject(new Error('not asked for')),
    cancel: () => undefined,
    statistics: () => say() as Record<string, number>,
    close: () => Promise.resolve(),
  };
  const instance = new InlineModel('m/1#0', model, 0);
  expect(instance.statistics()).toEqual({ used: 5 });
  say = () => {
    throw new Error('broken');
  };
  expect(instance.statistics()).toEqual({});
});
