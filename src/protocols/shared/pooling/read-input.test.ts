import { describe, expect, it } from 'vitest';
import type { MillraceError } from '../../../core/index.js';
import { inputTensors, readInput, readTexts } from './read-input.js';

function refusal(run: () => unknown): MillraceError {
  try {
    run();
  } catch (error) {
    return error as MillraceError;
  }
  throw new Error('nothing was refused');
}

describe('readInput', () => {
  it('reads a text, texts, token ids and lists of them', () => {
    const bytes = (text: string) => new TextEncoder().encode(text);
    expect(readInput('aé', 'input')).toEqual({ kind: 'texts', texts: [bytes('aé')] });
    expect(readInput(['a', '\0'], 'input')).toEqual({ kind: 'texts', texts: [bytes('a'), bytes('\0')] });
    expect(readInput([1, 2], 'input')).toEqual({ kind: 'tokens', tokens: [Int32Array.of(1, 2)] });
    const tokens = [Int32Array.of(1), Int32Array.of(2, 3)];
    expect(readInput([[1], [2, 3]], 'input')).toEqual({ kind: 'tokens', tokens });
  });

  it.each([
    ['', 'input', "'input': expected a text, got an empty one"],
    [['a', ''], 'input[1]', "'input[1]': expected a text, got an empty one"],
    [[], 'input', "'input': expected at least one text, got an empty list"],
    [[[]], 'input[0]', "'input[0]': expected at least one token id, got an empty list"],
  ])('refuses %j as empty', (value, parameter, message) => {
    expect(refusal(() => readInput(value, 'input'))).toMatchObject({
      code: 'invalid_argument',
      reason: 'empty_input',
      subject: { parameter },
      message,
    });
  });

  const FORM = 'a text, a list of texts, token ids, or a list of lists of token ids';
  it.each([
    [undefined, 'input', `'input': expected ${FORM}, got nothing`],
    [{ a: 1 }, 'input', `'input': expected ${FORM}, got {"a":1}`],
    [['a', 1], 'input[1]', "'input[1]': expected a text, got 1"],
    [[1, 'a'], 'input[1]', `'input[1]': expected a token id from 0 to 2147483647, got "a"`],
    [[[1], 2], 'input[1]', "'input[1]': expected a list of token ids, got 2"],
    [[[-1]], 'input[0][0]', "'input[0][0]': expected a token id from 0 to 2147483647, got -1"],
    [[1.5], 'input[0]', "'input[0]': expected a token id from 0 to 2147483647, got 1.5"],
    [[null], 'input[0]', "'input[0]': expected a text, got null"],
  ])('refuses %j', (value, parameter, message) => {
    const error = refusal(() => readInput(value, 'input'));
    expect(error).toMatchObject({ code: 'invalid_argument', reason: undefined, subject: { parameter }, message });
  });
});

it('readTexts refuses what is no list', () => {
  expect(() => readTexts('a', 'texts')).toThrow(`'texts': expected a list of texts, got "a"`);
});

it('inputTensors refuses lists of token ids whose padding would take too much memory', () => {
  const tokens = [new Int32Array(100_000), ...Array.from({ length: 100 }, () => Int32Array.of(1))];
  expect(() => inputTensors({ kind: 'tokens', tokens }, 'input')).toThrow(
    "'input': expected at most 4194304 token ids, each list counted as long as the longest, got 10100000",
  );
});
