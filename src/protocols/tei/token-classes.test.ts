import { describe, expect, it } from 'vitest';
import { decodeTokenClasses, entitiesOf } from './token-classes.js';

const LABELS = ['O', 'B-PER', 'I-PER', 'B-LOC'];
const TEXT = 'Ada Lovelace in 𝓛ondon';
/** Each token with its place, its word and the score of each class. */
const TOKENS: readonly (readonly [start: number, end: number, word: number, ...scores: readonly number[]])[] = [
  [-1, -1, -1, 0.9, 0.1, 0, 0],
  [0, 3, 0, 0.1, 0.8, 0.1, 0],
  [4, 8, 1, 0.1, 0.2, 0.7, 0],
  [8, 12, 1, 0.6, 0.1, 0.3, 0],
  [13, 15, 2, 0.9, 0, 0, 0.1],
  [16, 22, 3, 0.25, 0, 0, 0.75],
  [-1, -1, -1, 0, 1, 0, 0],
];
const result = {
  rows: TOKENS.map(([, , , ...scores]) => Float32Array.from(scores)),
  tokenCounts: Int32Array.of(TOKENS.length),
  tokenPlaces: Int32Array.from(TOKENS.flatMap((token) => token.slice(0, 3))),
};
const close = (value: number) => expect.closeTo(value, 5) as number;
const entities = (aggregation: 'none' | 'simple' | 'first' | 'average' | 'max', ignoredLabels = ['O']) =>
  entitiesOf(result, { texts: [TEXT], aggregation, ignoredLabels }, LABELS)[0];
const LONDON = { entity_group: 'LOC', score: close(0.75), word: '𝓛ondon', start: 16, end: 22 };

describe('the entities of a text', () => {
  it('are its tokens', () => {
    expect(entities('none')).toEqual([
      { entity: 'B-PER', score: close(0.8), index: 1, word: 'Ada', start: 0, end: 3 },
      { entity: 'I-PER', score: close(0.7), index: 2, word: 'Love', start: 4, end: 8 },
      { entity: 'B-LOC', score: close(0.75), index: 5, word: '𝓛ondon', start: 16, end: 22 },
    ]);
    expect(entities('none', [])).toHaveLength(5);
  });

  it('are tokens of one class behind each other', () => {
    expect(entities('simple')).toEqual([
      { entity_group: 'PER', score: close(0.75), word: 'Ada Love', start: 0, end: 8 },
      LONDON,
    ]);
    expect(entities('simple', ['PER', 'O'])).toEqual([LONDON]);
  });

  it.each([
    ['first', 0.75],
    ['max', 0.75],
    ['average', 0.65],
  ] as const)('are words, by their scores: %s', (aggregation, score) => {
    expect(entities(aggregation)).toEqual([
      { entity_group: 'PER', score: close(score), word: 'Ada Lovelace', start: 0, end: 12 },
      LONDON,
    ]);
  });

  it('begin anew at a B- of the same class', () => {
    const rows = [Float32Array.of(0, 1, 0, 0), Float32Array.of(0, 1, 0, 0)];
    const two = { rows, tokenCounts: Int32Array.of(2), tokenPlaces: Int32Array.of(0, 1, 0, 2, 3, 1) };
    const request = { texts: ['a b'], aggregation: 'simple', ignoredLabels: [] } as const;
    expect(entitiesOf(two, request, LABELS)[0]?.map(({ word }) => word)).toEqual(['a', 'b']);
  });

  it('are those of several texts', () => {
    const rows = [...result.rows, ...result.rows];
    const tokenPlaces = Int32Array.from([...result.tokenPlaces, ...result.tokenPlaces]);
    const both = { rows, tokenPlaces, tokenCounts: Int32Array.of(TOKENS.length, TOKENS.length) };
    const request = { texts: [TEXT, TEXT], aggregation: 'simple', ignoredLabels: ['O'] } as const;
    const [one, other] = entitiesOf(both, request, LABELS);
    expect([one, other]).toEqual([entities('simple'), entities('simple')]);
  });
});

describe('a request for them', () => {
  it('joins tokens and leaves out O unless it says otherwise', () => {
    expect(decodeTokenClasses('x', undefined)).toMatchObject({
      count: 1,
      isSingle: true,
      tokenClasses: { texts: ['x'], aggregation: 'simple', ignoredLabels: ['O'] },
    });
    const parameters = { aggregation_strategy: 'first', ignore_labels: [] };
    expect(decodeTokenClasses(['x', 'y'], parameters)).toMatchObject({
      count: 2,
      tokenClasses: { texts: ['x', 'y'], aggregation: 'first', ignoredLabels: [] },
    });
  });

  it.each<[object, string]>([
    [
      { aggregation_strategy: 'last' },
      `'parameters.aggregation_strategy': expected one of 'none', 'simple', 'first', 'average', 'max', got "last"`,
    ],
    [{ stride: 5 }, "'parameters.stride' is not supported here"],
    [{ ignore_labels: 'O' }, `'parameters.ignore_labels': expected a list of texts, got "O"`],
  ])('is refused: %j', (parameters, message) => {
    expect(() => decodeTokenClasses('x', parameters)).toThrow(message);
  });
});
