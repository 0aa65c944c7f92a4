import { describe, expect, it } from 'vitest';
import { didYouMean, isMisspelt, nearestName } from './did-you-mean.js';

describe('nearestName', () => {
  it.each([
    ['htpPort', ['httpPort', 'grpcPort'], 'httpPort'],
    ['FP32', ['fp32', 'fp64'], 'fp32'],
    ['size', ['max_batch_size', 'name'], 'max_batch_size'],
  ])('finds what %s was meant to be', (name, known, expected) => {
    expect(nearestName(name, known)).toBe(expected);
  });

  it.each([
    ['what is too far away', 'telemetry', ['server', 'engine']],
    ['a name of one letter, which is near to everything', 'x', ['y', 'xy']],
    ['anything where nothing is known', 'server', []],
  ])('does not guess %s', (_what, name, known) => {
    expect(nearestName(name, known)).toBeUndefined();
  });
});

describe('didYouMean', () => {
  it('completes a message, and quotes where the message does', () => {
    expect(didYouMean('shap', ['shape'])).toBe('; did you mean shape?');
    expect(didYouMean('shap', ['shape'], "'")).toBe("; did you mean 'shape'?");
    expect(didYouMean('shap', [])).toBe('');
  });
});

describe('isMisspelt', () => {
  it.each([
    ['top_pp', true],
    ['topp', false],
    ['temperatur', true],
    ['temprature', true],
    ['temperate', true],
    ['tempo', false],
    ['temperature_scale', false],
  ])('%s: %s', (name, expected) => {
    expect(isMisspelt(name, ['top_p', 'temperature', 'stop'])).toBe(expected);
  });
});
