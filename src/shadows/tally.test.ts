import { describe, expect, it } from 'vitest';
import { bytesOf, type ErrorCode, packBytes, type Tensor } from '../core/index.js';
import { joinAnswer } from './answer.js';
import { compareAnswers, compareAtOnce } from './compare-answers.js';
import { reportOf } from './report.js';
import { addPair, agrees, createTally, type Pair, readTally, type Tally } from './tally.js';

const RULES = { absoluteTolerance: 0, relativeTolerance: 0, outputs: {} };
const REF = { name: 'm', version: 1, generation: 1 };
const ONE_TENSOR = (name: string, value: number): Tensor => ({
  name,
  datatype: 'FP32',
  shape: [1],
  data: bytesOf(new Float32Array([value])),
});

function answered(primary: readonly Tensor[], shadow: readonly Tensor[], times = { primary: 1, shadow: 2 }): Pair {
  const answer = (outputs: readonly Tensor[]) => ({ outputs, finishReason: undefined });
  return {
    primary: { error: undefined, computeMs: times.primary },
    shadow: { error: undefined, computeMs: times.shadow },
    comparison: compareAtOnce(compareAnswers(answer(primary), answer(shadow), RULES)),
  };
}

const failed = (primary: ErrorCode | undefined, shadow: ErrorCode | undefined): Pair => ({
  primary: { error: primary, computeMs: undefined },
  shadow: { error: shadow, computeMs: undefined },
  comparison: undefined,
});

function tallyOf(...pairs: readonly Pair[]): Tally {
  const tally = createTally(5);
  for (const pair of pairs) addPair(tally, pair);
  return tally;
}

describe('what is counted of two versions', () => {
  it('is how many agree, and where they do not', () => {
    const [a, b] = [ONE_TENSOR('y', 1), ONE_TENSOR('y', 3)];
    const report = reportOf(tallyOf(answered([a], [a]), answered([a], [b]), answered([a], [])));
    expect(report).toMatchObject({ sinceMs: 5, requests: 3, compared: 3, agreement: { value: 1 / 3 } });
    expect(report.outputs).toMatchObject([
      {
        name: 'y',
        compared: 3,
        agreement: { value: 1 / 3 },
        mismatches: { missing: 1 },
        lastMismatch: 'the shadow has none',
        numbers: { elements: 2, differing: { value: 0.5 }, maxDifference: 2, meanDifference: { value: 1 } },
      },
    ]);
    expect(report.computeMs).toMatchObject({ requests: 3, difference: { value: 1, low: 1, high: 1 } });
  });

  it('is which of them has failed, and of what', () => {
    const pairs = [
      failed('internal', 'internal'),
      failed(undefined, 'internal'),
      failed('invalid_argument', undefined),
    ];
    const report = reportOf(tallyOf(...pairs));
    expect(report).toMatchObject({
      requests: 3,
      compared: 0,
      agreement: undefined,
      failures: { both: 1, onlyPrimary: 1, onlyShadow: 1 },
      errors: { internal: 2 },
    });
    expect(pairs.map(agrees)).toEqual([true, false, false]);
  });

  it('is the same after it was kept and read, and nothing of what is something else', () => {
    const tally = tallyOf(answered([ONE_TENSOR('__proto__', 1)], [ONE_TENSOR('__proto__', Number.MAX_VALUE)]));
    const kept: unknown = JSON.parse(JSON.stringify(tally));
    expect(readTally(kept)).toEqual(kept);
    expect(reportOf(readTally(kept) as Tally)).toEqual(reportOf(tally));
    expect(readTally({ ...tally, format: 2 })).toBeUndefined();
    expect(readTally({ ...tally, compared: -1 })).toBeUndefined();
    expect(readTally(undefined)).toBeUndefined();
  });

  it('has room for 64 outputs', () => {
    const many = Array.from({ length: 70 }, (_, index) => ONE_TENSOR(`y${index}`, 1));
    expect(Object.keys(tallyOf(answered(many, many)).outputs)).toHaveLength(64);
  });

  it('does not grow with the requests', () => {
    const tally = createTally(0);
    const size = () => JSON.stringify(tally).length;
    for (let request = 0; request < 1_000; request++)
      addPair(tally, answered([ONE_TENSOR('y', request)], [ONE_TENSOR('y', 0)]));
    const before = size();
    for (let request = 0; request < 1_000; request++)
      addPair(tally, answered([ONE_TENSOR('y', request)], [ONE_TENSOR('y', 0)]));
    expect(size() - before).toBeLessThan(100);
  });
});

describe('the answers of a stream', () => {
  const response = (...outputs: readonly Tensor[]) => ({ ref: REF, id: '', outputs, parameters: {} });
  const text = (value: string): Tensor => ({
    name: 't',
    datatype: 'BYTES',
    shape: [1],
    data: packBytes([Buffer.from(value)]),
  });

  it('are one: texts joined, numbers behind each other', () => {
    const joined = joinAnswer([response(text('Hel'), ONE_TENSOR('y', 1)), response(text('lo'), ONE_TENSOR('y', 2))]);
    expect(joined.outputs).toEqual([
      text('Hello'),
      { name: 'y', datatype: 'FP32', shape: [2, 1], data: Buffer.from(bytesOf(new Float32Array([1, 2]))) },
    ]);
    expect(joinAnswer([response(text('a'))]).outputs).toEqual([text('a')]);
    expect(joinAnswer([]).outputs).toEqual([]);
  });

  it('may change their shape on the way', () => {
    const two = { ...ONE_TENSOR('y', 1), shape: [1, 1] };
    expect(joinAnswer([response(ONE_TENSOR('y', 1)), response(two)]).outputs).toMatchObject([{ shape: [2] }]);
    const texts = { ...text(''), shape: [2], data: packBytes([Buffer.from('b'), Buffer.from('c')]) };
    const joined = joinAnswer([response(text('a')), response(texts)]).outputs[0];
    expect(joined).toEqual({ ...texts, data: packBytes([Buffer.from('ab'), Buffer.from('c')]) });
  });
});
