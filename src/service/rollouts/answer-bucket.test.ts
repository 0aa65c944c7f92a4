import { expect, it } from 'vitest';
import { fp32, texts } from '../../../test/support/tensors.js';
import { bytesOf, NO_PARAMETERS, type Tensor } from '../../core/index.js';
import { answerBucket } from './answer-bucket.js';

const REF = { name: 'm', version: 1, generation: 1 };

const bucketOf = (outputs: readonly Tensor[], batchAxis: 0 | null = null): string | undefined =>
  answerBucket(
    { ref: REF, id: '', outputs, parameters: NO_PARAMETERS },
    {
      inputs: [],
      outputs: outputs.map(({ name, datatype }) => ({ name, datatype, shape: [-1], batchAxis, optional: false })),
    },
  );

it('is the class of the first row', () => {
  expect(bucketOf([fp32('p', [2, 3], [0.1, 0.2, 0.7, 0.9, 0.1, 0])], 0)).toBe('class 2');
  expect(bucketOf([fp32('p', [3], [0.1, 0.7, 0.2])])).toBe('class 1');
});

it('is about how large a number is', () => {
  const values = [0.37, 0.999, 7, -3, 0, 1e6, -0.3, Number.NaN, Number.POSITIVE_INFINITY, 12.5];
  const expected = ['0.3 to 0.4', '0.9 to 1', '7', '-3', '0', '2^19', '-2^-2', 'NaN', 'Infinity', '2^3'];
  expect(values.map((value) => bucketOf([fp32('y', [1, 1], [value])], 0))).toEqual(expected);
});

it('is a class that is said as a number or as a text', () => {
  const data = bytesOf(BigInt64Array.of(4n, 9n));
  expect(bucketOf([{ name: 'label', datatype: 'INT64', shape: [2], data }], 0)).toBe('4');
  expect(bucketOf([texts('label', [2], ['spam', 'ham'])], 0)).toBe('spam');
});

it('is that of the first output that has one', () => {
  const embedding = fp32('embedding', [1, 2_048], new Array<number>(2_048).fill(0));
  expect(bucketOf([embedding, texts('text', [1], ['x'.repeat(65)]), fp32('y', [1, 2], [1, 0])], 0)).toBe('class 0');
  expect(bucketOf([embedding, fp32('none', [0, 2], [])], 0)).toBeUndefined();
  expect(bucketOf([])).toBeUndefined();
});
