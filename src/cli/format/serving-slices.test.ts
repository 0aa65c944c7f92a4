import pc from 'picocolors';
import { expect, it } from 'vitest';
import { modelInfo } from '../../../test/support/model-info.js';
import type { TensorSpec } from '../../core/index.js';
import { formatReady, formatServing, reportServing, runnersOf, type ServedModel } from './serving.js';

const STYLE = { colors: pc.createColors(false) };

function served(index: number, tensors: number): ServedModel {
  const named = (side: string) =>
    Array.from(
      { length: tensors },
      (_, at): TensorSpec => ({
        name: `${side}${at}`.padEnd(189, 'n'),
        datatype: 'FP32',
        shape: [-1, 2],
        batchAxis: 0,
        optional: false,
      }),
    );
  const signature = { inputs: named('x'), outputs: named('y') };
  return { info: modelInfo(`m${index}`.padEnd(189, 'm'), { signature }), memoryBytes: 1 };
}

const many = (models: number, tensors: number) => Array.from({ length: models }, (_, index) => served(index, tensors));

it('the table lists the first ten tensors of a model and counts the others', () => {
  const lines = [...formatServing({ served: many(1, 200), unserved: [] }, STYLE)].join('').split('\n');
  expect(lines.filter((line) => line.includes('FP32'))).toHaveLength(10);
  expect(lines[12]?.trim().split(/ {3,}/)).toEqual(['and 190 more', 'and 190 more']);
  expect(lines.slice(13)).toEqual(['', '1 of 1 served', '']);
});

it('the table leaves no tensor out where there are ten', () => {
  const text = [...formatServing({ served: many(1, 10), unserved: [] }, STYLE)].join('');
  expect(text).not.toContain('more');
  expect(text).toContain('x9n');
});

it('the table of 1,000 models is written in slices of at most 16 models', () => {
  const slices = [...formatServing({ served: many(1_000, 11), unserved: [] }, STYLE)];
  const models = slices.map((slice) => slice.match(/^m/gm)?.length ?? 0);
  expect(Math.max(...models)).toBe(16);
  expect(models.reduce((sum, count) => sum + count, 0)).toBe(1_000);
});

it('the reasons of 1,000 models that are not served are written in slices of at most 64 KiB', () => {
  const unserved = Array.from({ length: 1_000 }, (_, index) => ({
    name: `m${index}`.padEnd(189, 'm'),
    version: 1,
    reason: `${index} is wrong`,
  }));
  const slices = [...formatServing({ served: [], unserved }, STYLE)];
  expect(Math.max(...slices.map((slice) => slice.length))).toBeLessThanOrEqual(65_536);
  expect(slices.join('').match(/^not served: /gm)).toHaveLength(1_000);
});

it('the JSON of 1,000 models has all tensors, in slices of at most 64 KiB or one model', () => {
  const slices = [...formatReady({ served: [...many(999, 2), served(999, 300)], unserved: [] })];
  const { event, models } = JSON.parse(slices.join(''));
  expect([event, models.length, models.at(-1).inputs.length]).toEqual(['ready', 1_000, 300]);
  const [largest, ...others] = slices.map((slice) => slice.length).sort((one, other) => other - one);
  expect(largest).toBeGreaterThan(2 * 300 * 189);
  expect(Math.max(...others)).toBeLessThanOrEqual(65_536);
});

it('the memory of a runner that models share is read once', () => {
  const infos = Array.from({ length: 3 }, (_, generation) =>
    modelInfo('m', { ref: { name: 'm', version: 1, generation } }),
  );
  const statuses = infos.map((info) => ({ name: 'm', version: 1, state: { kind: 'ready' }, info }) as const);
  const gauges = infos.map(({ ref }) => ({
    ref,
    queuedRequests: 0,
    queuedBytes: 0,
    executingRequests: 0,
    activeSequences: 0,
    waitingSequences: 0,
    instances: [7, 7, 0].map((pid, index) => ({ id: `m#${index}`, pid, up: pid > 0, restarts: 0 })),
  }));
  expect(runnersOf(statuses, gauges)).toEqual([7]);
  expect(reportServing(statuses, gauges, () => 5).served.map(({ memoryBytes }) => memoryBytes)).toEqual([5, 5, 5]);
});
