import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { source } from '../../test/support/controller-fixture.js';
import { IDENTITY } from '../../test/support/engine-fixture.js';
import { createTempFolder, type TempFolder } from '../../test/support/model-folder.js';
import { fp32, numbersOf } from '../../test/support/tensors.js';
import { bytesElements, type Datatype, packBytes, type Tensor } from '../core/index.js';
import type { LoadedModel } from '../runtimes/index.js';
import { createWarmup, runOnce } from './warmup.js';

const texts = (...values: readonly string[]) => packBytes(values.map((value) => new TextEncoder().encode(value)));
const textsOf = ({ data }: Tensor) => bytesElements(data).map((element) => new TextDecoder().decode(element));

let folder: TempFolder;
beforeAll(async () => {
  folder = await createTempFolder({
    'row.txt': texts('a', 'b'),
    'rows.txt': texts('a', 'b', 'c', 'd', 'e', 'f'),
    'cut.txt': texts('a', 'b').subarray(0, 8),
    'row.bin': fp32('x', [2], [1, 2]).data,
    'rows.bin': fp32('x', [3, 2], [1, 2, 3, 4, 5, 6]).data,
    'four.bin': fp32('x', [4], [1, 2, 3, 4]).data,
  });
});
afterAll(() => folder[Symbol.asyncDispose]());

/** The input of a warm-up of three rows of two that reads a file. */
async function read(datatype: Datatype, file: string, maxBatchSize = 8): Promise<Tensor> {
  const batches = maxBatchSize > 0;
  const input = {
    name: 'x',
    datatype,
    shape: batches ? [-1, 2] : [2],
    batchAxis: batches ? 0 : null,
    optional: false,
  } as const;
  const [sample] = await createWarmup({
    source: { ...source('m', 1), modelFolder: folder.path },
    signature: { inputs: [input], outputs: [] },
    maxBatchSize,
    samples: [{ name: 'w', batchSize: 3, inputs: { x: { data: { file } } } }],
  });
  return sample?.inputs[0] as Tensor;
}

describe('a warm-up with data from a file', () => {
  it('gives each row the data of one row', async () => {
    expect((await read('BYTES', 'row.txt')).shape).toEqual([3, 2]);
    expect(textsOf(await read('BYTES', 'row.txt'))).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
    expect(numbersOf(await read('FP32', 'row.bin'))).toEqual([1, 2, 1, 2, 1, 2]);
  });

  it('takes the data of all rows as it is', async () => {
    expect(textsOf(await read('BYTES', 'rows.txt'))).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    expect(numbersOf(await read('FP32', 'rows.bin'))).toEqual([1, 2, 3, 4, 5, 6]);
    expect(textsOf(await read('BYTES', 'row.txt', 0))).toEqual(['a', 'b']);
  });

  it.each<[Datatype, string, number, string]>([
    ['FP32', 'four.bin', 8, '[3,2] needs 24 bytes, or 8 for one row; its data file has 16'],
    ['FP32', 'rows.bin', 0, '[2] needs 8 bytes; its data file has 24'],
    ['BYTES', 'rows.txt', 0, '[2] needs 2 elements; its data file has 6'],
    ['BYTES', 'cut.txt', 8, 'its data file: BYTES element 1: expected a 4-byte length, got 3 trailing bytes'],
  ])('refuses as %s what %s holds (maxBatchSize %d)', async (datatype, file, maxBatchSize, message) => {
    await expect(read(datatype, file, maxBatchSize)).rejects.toMatchObject({
      code: 'invalid_argument',
      message: `warm-up 'w', input 'x': ${message}`,
    });
  });
});

describe('a warm-up with data that is made', () => {
  const make = async (datatype: Datatype, data: 'zero' | 'random', columns: number) => {
    const input = { name: 'x', datatype, shape: [-1, -1], batchAxis: 0, optional: false } as const;
    const [sample] = await createWarmup({
      source: source('m', 1),
      signature: { inputs: [input], outputs: [] },
      maxBatchSize: 8,
      samples: [{ name: 'w', batchSize: 2, inputs: { x: { shape: [columns], data } } }],
    });
    return sample?.inputs[0] as Tensor;
  };

  it('has as many values as its shape says, and small ones', async () => {
    expect(numbersOf(await make('FP32', 'zero', 2))).toEqual([0, 0, 0, 0]);
    expect(textsOf(await make('BYTES', 'zero', 2))).toEqual(['', '', '', '']);
    expect(textsOf(await make('BYTES', 'random', 1))).toEqual(['warm-up', 'warm-up']);
    const values = numbersOf(await make('FP32', 'random', 100_000));
    expect([values.length, values.every((value) => value >= 0 && value < 1)]).toEqual([200_000, true]);
    expect(new Set(values).size).toBeGreaterThan(60_000);
    expect([...(await make('BOOL', 'random', 50)).data].every((value) => value === 0 || value === 1)).toBe(true);
    expect((await make('FP32', 'random', 0)).data).toHaveLength(0);
  });

  it.each<[Datatype, 'zero' | 'random', number]>([
    ['FP32', 'zero', 4],
    ['FP64', 'random', 8],
    ['BYTES', 'random', 11],
  ])('is refused as %s (%s) where it would be too large', async (datatype, data, elementBytes) => {
    await expect(make(datatype, data, 4_000_000_000)).rejects.toMatchObject({
      code: 'invalid_argument',
      message: `warm-up 'w', input 'x': with [2,4000000000] the sample has ${8_000_000_000 * elementBytes} bytes; expected at most 268435456`,
    });
  });
});

it('a warm-up run fails as its model says, with reason and subject', async () => {
  const error = { code: 'internal', message: 'no', reason: 'out_of_memory', subject: { parameter: 'p' } } as const;
  const execute: LoadedModel['execute'] = async ({ items }, emit) => {
    emit(items.map(({ callId }) => ({ callId, outputs: [], error, final: true })));
    return { computeInputMs: 0, computeInferMs: 0, computeOutputMs: 0 };
  };
  await expect(
    runOnce({ description: IDENTITY, execute, grant: () => undefined }, { inputs: [], rows: 1 }),
  ).rejects.toMatchObject(error);
});
