import { expect, it } from 'vitest';
import { fp32, texts } from '../../../test/support/tensors.js';
import { bytesOf, NO_PARAMETERS, type Tensor } from '../../core/index.js';
import { comparedAnswer } from './compared-answer.js';

const REF = { name: 'm', version: 1, generation: 1 };

const answerOf = (outputs: readonly Tensor[], batchAxis: 0 | null = null, labels?: readonly string[]) =>
  comparedAnswer(
    { ref: REF, id: '', outputs, parameters: NO_PARAMETERS },
    {
      inputs: [],
      outputs: outputs.map(({ name, datatype }) => ({
        name,
        datatype,
        shape: [-1],
        batchAxis,
        optional: false,
        ...(labels === undefined ? {} : { labels }),
      })),
    },
  );

it('an answer with a number for each class is the class of its first row', () => {
  expect(answerOf([fp32('p', [2, 3], [0.1, 0.2, 0.7, 0.9, 0.1, 0])], 0)).toEqual({ answer: 'class 2' });
  expect(answerOf([fp32('p', [3], [0.1, 0.7, 0.2])])).toEqual({ answer: 'class 1' });
});

it('an answer of one number is a class where that is whole and small, and a score otherwise', () => {
  const answers = [7, -3, 0, Number.NaN, Number.POSITIVE_INFINITY].map((value) =>
    answerOf([fp32('y', [1, 1], [value])], 0),
  );
  expect(answers.map((each) => each?.answer)).toEqual(['7', '-3', '0', 'NaN', 'Infinity']);
  for (const value of [0.5, 1e6, -0.25, 12.5]) {
    expect(answerOf([fp32('y', [1, 1], [value])], 0)).toEqual({ answer: 'a number', score: value });
  }
});

it('an answer that is a label or a whole number is that class', () => {
  const data = bytesOf(BigInt64Array.of(4n, 9n));
  expect(answerOf([{ name: 'label', datatype: 'INT64', shape: [2], data }], null)).toEqual({ answer: 'class 1' });
  expect(answerOf([{ name: 'label', datatype: 'INT64', shape: [2, 1], data }], 0)).toEqual({ answer: '4' });
  expect(answerOf([texts('label', [2], ['spam', 'ham'])], 0)).toEqual({ answer: 'spam' });
});

it('the first output with a class or a number decides', () => {
  const embedding = fp32('embedding', [1, 2_048], new Array<number>(2_048).fill(0));
  const outputs = [embedding, texts('text', [1], ['x'.repeat(65)]), fp32('y', [1, 2], [1, 0])];
  expect(answerOf(outputs, 0)).toEqual({ answer: 'class 0' });
});

it('an answer of many numbers, or by its name, is a vector', () => {
  const large = answerOf([fp32('y', [1, 2_048], new Array<number>(2_048).fill(0.5))], 0);
  expect(large).toMatchObject({ answer: 'a vector', vector: { size: 16 } });
  expect(answerOf([fp32('sentence_embedding', [1, 3], [3, 0, -4])], 0)).toMatchObject({ vector: { size: 5 } });
  expect(answerOf([fp32('embedding', [1, 3], [3, 0, -4])], 0, ['a', 'b', 'c'])).toEqual({ answer: 'class 0' });
});

it('numbers of length 1, some of which are negative, are a vector and no classes', () => {
  expect(answerOf([fp32('y', [1, 3], [0.6, 0, -0.8])], 0)?.answer).toBe('a vector');
  expect(answerOf([fp32('y', [1, 3], [0.6, 0, 0.8])], 0)?.answer).toBe('class 2');
  expect(answerOf([fp32('y', [1, 3], [3, 0, -4])], 0)?.answer).toBe('class 0');
});

it('a vector that is not finite is an answer of its own', () => {
  expect(answerOf([fp32('embedding', [1, 2], [Number.NaN, 1])], 0)).toEqual({ answer: 'a vector that is not finite' });
});

it('a long text is compared by its length', () => {
  expect(answerOf([texts('text', [1], ['x'.repeat(65)])], 0)).toEqual({ answer: 'a long text', score: 65 });
});

it('an answer without elements is not compared', () => {
  expect(answerOf([fp32('none', [0, 2], [])], 0)).toBeUndefined();
  expect(answerOf([])).toBeUndefined();
});
