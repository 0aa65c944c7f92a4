import { describe, expect, test } from 'vitest';
import { GbnfTexts } from '../../../../test/support/gbnf-texts.js';
import type { ResponseFormat } from '../../../core/index.js';
import { grammarOfAnswer } from './answer-grammar.js';
import { structuredOutput } from './structured-output.js';

const textsOf = (format: ResponseFormat) => new GbnfTexts(grammarOfAnswer(structuredOutput(format), undefined) ?? '');

describe('an answer by a regular expression', () => {
  test.each([
    ['[a-z]+@[a-z]+\\.com', ['moses@sinai.com'], ['moses@sinai.com ', ' moses@sinai.com', 'moses']],
    ['^yes$|no', ['yes', 'no'], ['yesno', 'nope']],
    ['(?!no)\\w{2,3}', ['yes', 'ok'], ['no', 'not', 'a']],
    ['"[^"\\\\]*"\\n', ['"a"\n'], ['"a"', '"a\\"\n']],
    ['', [''], ['a']],
  ])('matches as a whole: %s', (regex, right, wrong) => {
    const texts = textsOf({ type: 'regex', regex });
    for (const each of right) expect([each, texts.takes(each)]).toEqual([each, true]);
    for (const each of wrong) expect([each, texts.takes(each)]).toEqual([each, false]);
  });

  test.each([
    [
      '(?<=a)b',
      'cannot be used: the pattern is not supported at character 4: write it without look-behind, back references, \\b and \\p{…}',
    ],
    [
      `${'('.repeat(6_000)}`,
      'cannot be used: the pattern is not supported at character 102: write it without look-behind, back references, \\b and \\p{…}',
    ],
    ['a$b', 'matches no text'],
    ['(.*a.{20})+b.*', 'is too large: write fewer or shorter repetitions'],
    ['.{1000}.{1000}.{1000}', 'is too large: write fewer or shorter repetitions'],
    ['a'.repeat(16_385), 'has 16385 characters; at most 16384 are supported'],
  ])('is refused where it is wrong, or too large: %s', (regex, problem) => {
    expect(() => textsOf({ type: 'regex', regex })).toThrow(
      expect.objectContaining({
        code: 'invalid_argument',
        reason: 'invalid_grammar',
        message: `the regular expression ${problem}`,
      }),
    );
  });
});

test('an answer of some choices is one of them', () => {
  const choices = ['yes', 'yes, indeed', 'no', '"', '\b\\'];
  const texts = textsOf({ type: 'choice', choices });
  for (const each of choices) expect(texts.takes(each)).toBe(true);
  for (const each of ['', 'y', 'yes,', ' no', 'no ']) expect(texts.takes(each)).toBe(false);
});

test('an answer by a grammar is one of its texts', () => {
  const texts = textsOf({ type: 'grammar', grammar: 'root ::= "a" value\nvalue ::= "own"' });
  expect(texts.takes('aown')).toBe(true);
  expect(texts.takes('atrue')).toBe(false);
});
