import { describe, expect, it } from 'vitest';
import { poolingInputOfTensors } from '../../pooling/index.js';
import { checkEntailment, decodeZeroShot, zeroShotClasses } from './zero-shot.js';

const MODEL_LABELS = ['contradiction', 'neutral', 'ENTAILMENT'];
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString();

describe('a request with candidate labels', () => {
  it('asks about each text with each label', () => {
    const { inputs, count, parameters, zeroShot } = decodeZeroShot(['x', 'y'], { candidate_labels: ['tea', '$&'] });
    const input = poolingInputOfTensors(inputs);
    if (input.kind !== 'pairs') throw new Error(`expected pairs, got ${input.kind}`);
    expect(input.texts.map(textOf)).toEqual(['x', 'x', 'y', 'y']);
    const hypotheses = ['This example is tea.', 'This example is $&.'];
    expect(input.pairs.map(textOf)).toEqual([...hypotheses, ...hypotheses]);
    expect([count, parameters]).toEqual([4, { truncate: true, rawScores: true }]);
    expect(zeroShot).toEqual({ labels: ['tea', '$&'], isMultiLabel: false });
  });

  it('takes labels in one text, and a hypothesis of its own', () => {
    const asked = { candidate_labels: 'tea, coffee', hypothesis_template: 'About {}', multi_label: true };
    const { inputs, zeroShot } = decodeZeroShot(['x'], asked);
    const input = poolingInputOfTensors(inputs);
    expect(input.kind === 'pairs' && input.pairs.map(textOf)).toEqual(['About tea', 'About coffee']);
    expect(zeroShot).toEqual({ labels: ['tea', 'coffee'], isMultiLabel: true });
  });

  it.each<[object, string]>([
    [{ candidate_labels: [] }, "'parameters.candidate_labels': expected at least one text, got an empty list"],
    [{ candidate_labels: ['a', ''] }, "'parameters.candidate_labels[1]': expected a text, got an empty one"],
    [{ candidate_labels: 5 }, "'parameters.candidate_labels': expected a list of texts, got 5"],
    [
      { candidate_labels: ['a'], hypothesis_template: 'no place' },
      `'parameters.hypothesis_template': expected a text with '{}' in the place of the label, got "no place"`,
    ],
    [
      { candidate_labels: ['a', 'b', 'c'], hypothesis_template: `{}${'x'.repeat(2_796_202)}` },
      "'parameters.candidate_labels': expected at most 8388608 characters of all texts with all labels, got 8388618",
    ],
  ])('is refused: %#', (parameters, message) => {
    expect(() => decodeZeroShot(['x'], parameters)).toThrow(message);
  });
});

describe('the classes of a text', () => {
  const rows = [Float32Array.of(1, 9, 2), Float32Array.of(0, 9, 3)];
  const zeroShot = { labels: ['tea', 'coffee'], isMultiLabel: false };

  it('share what speaks for each of them', () => {
    const share = Math.E / (1 + Math.E);
    expect(zeroShotClasses(rows, zeroShot, MODEL_LABELS)).toEqual([
      [
        { label: 'coffee', score: expect.closeTo(share, 6) },
        { label: 'tea', score: expect.closeTo(1 - share, 6) },
      ],
    ]);
  });

  it('stand alone where several apply, or where there is only one', () => {
    const alone = (margin: number) => expect.closeTo(1 / (1 + Math.exp(-margin)), 6) as number;
    expect(zeroShotClasses(rows, { ...zeroShot, isMultiLabel: true }, MODEL_LABELS)).toEqual([
      [
        { label: 'coffee', score: alone(3) },
        { label: 'tea', score: alone(1) },
      ],
    ]);
    const one = { labels: ['tea'], isMultiLabel: false };
    expect(zeroShotClasses(rows, one, MODEL_LABELS)).toEqual([
      [{ label: 'tea', score: alone(1) }],
      [{ label: 'tea', score: alone(3) }],
    ]);
    expect(zeroShotClasses(rows, one, ['entailment', 'contradiction'])).toEqual([
      [{ label: 'tea', score: alone(-8) }],
      [{ label: 'tea', score: alone(-9) }],
    ]);
  });

  it('need a model that compares texts', () => {
    expect(() => checkEntailment(MODEL_LABELS)).not.toThrow();
    expect(() => checkEntailment(['yes', 'no'])).toThrow(
      "Backend error: Model has no label 'entailment', which candidate_labels need",
    );
  });
});
