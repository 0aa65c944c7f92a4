import { expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.js';
import { batchItem } from '../../test/support/tensors.js';
import { runBatch } from '../../test/support/test-host.js';
import { MillraceError } from '../core/index.js';
import type { PreparedRequest, Preparer } from './preparer.js';
import { PreparerModel, readPrepared, readPreparedAnswer } from './preparer-model.js';

const ONE = { description: { concurrency: 3, wantsContext: true }, close: () => Promise.resolve() };

const run = async (prepare: Preparer['prepare']) => {
  const clock = new FakeClock();
  const model = new PreparerModel({ ...ONE, prepare }, clock);
  return { model, ...(await runBatch(model, [batchItem(1, [])])) };
};

it.each([0, 7, 0.5, 1e9])('passes on a cost of %s, and the value', async (cost) => {
  const value = Uint8Array.of(1, 2, 255);
  const { emissions } = await run(() => Promise.resolve({ cost, value }));
  expect(emissions).toMatchObject([{ callId: 1, final: true }]);
  expect(readPrepared(emissions[0]?.outputs ?? [])).toEqual([{ cost, value }]);
});

it('passes on an answer for which no model is needed', async () => {
  const { emissions } = await run(() => Promise.resolve({ answer: [Uint8Array.of(1), Uint8Array.of(2, 3)] }));
  const answer = readPreparedAnswer(emissions[0]?.outputs ?? []);
  expect(answer).toEqual({
    name: 'answer',
    datatype: 'BYTES',
    shape: [2],
    data: Uint8Array.of(1, 0, 0, 0, 1, 2, 0, 0, 0, 2, 3),
  });
  expect(readPreparedAnswer([])).toBeUndefined();
});

it('passes on what it is for each row', async () => {
  const rows = [0, 5, 2].map((cost) => ({ cost, value: new Uint8Array(cost).fill(cost) }));
  const { emissions } = await run(() => Promise.resolve(rows));
  expect(readPrepared(emissions[0]?.outputs ?? [])).toEqual(rows);
});

it('says of itself what the preparer says', async () => {
  const statistics = [{ name: 'words_total', help: 'Words.' }];
  const preparer = { ...ONE, description: { ...ONE.description, statistics }, statistics: () => ({ words_total: 4 }) };
  const prepare = () => Promise.reject(new Error('it runs nothing'));
  const model = new PreparerModel({ ...preparer, prepare }, new FakeClock());
  expect(model.description).toMatchObject({
    concurrency: 3,
    wantsContext: true,
    needsEventLoop: true,
    pure: true,
    statistics,
  });
  expect(model.statistics?.()).toEqual({ words_total: 4 });
  expect((await run(prepare)).model.statistics).toBeUndefined();
});

const WRONG = { code: 'internal', message: 'the preparer of the runtime gave no cost from 0 on with a value of bytes' };

it.each<[string, unknown, object]>([
  ['an error', new MillraceError('invalid_argument', 'no words'), { code: 'invalid_argument', message: 'no words' }],
  ['something else that was thrown', new Error('a bug'), { code: 'internal' }],
  ['nothing', undefined, WRONG],
  ['a cost below 0', { cost: -1, value: new Uint8Array() }, WRONG],
  ['a cost that is no number', { cost: Number.NaN, value: new Uint8Array() }, WRONG],
  ['a value that is no bytes', { cost: 1, value: 'text' }, WRONG],
  ['a row that is nothing', [{ cost: 1, value: new Uint8Array() }, undefined], WRONG],
])('ends an item with %s', async (_what, given, error) => {
  const prepare = () => (given instanceof Error ? Promise.reject(given) : Promise.resolve(given as PreparedRequest));
  const { emissions } = await run(prepare);
  expect(emissions).toMatchObject([{ callId: 1, outputs: [], error, final: true }]);
});

it('takes no answer for what it is not', () => {
  const message = 'the preparer of the runtime gave no cost and value';
  expect(() => readPrepared([])).toThrow(message);
  const cost = { name: 'cost', datatype: 'FP64', shape: [1], data: new Uint8Array(4) } as const;
  expect(() => readPrepared([cost, { ...cost, name: 'value', datatype: 'BYTES' }])).toThrow(message);
  expect(() => readPrepared([cost, { ...cost, name: 'value', datatype: 'BYTES', data: new Uint8Array() }])).toThrow(
    message,
  );
});
