import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Repetitions } from './repetitions.js';

const OPTIONS = { dryMultiplier: 1, dryBase: 2, dryAllowedLength: 2, dryPenaltyLastN: -1 };
const BREAKER = 9;

function penalties(tokens: readonly number[], options: Partial<typeof OPTIONS> = {}): readonly number[] {
  const logits = new Float32Array(10);
  new Repetitions({ ...OPTIONS, ...options }, (token) => token === BREAKER, tokens).penalise(logits);
  return Array.from(logits, (logit) => 0 - logit);
}

/** The longest end of the tokens that stands before a place where `next` follows, without a breaker in it. */
function longest(tokens: readonly number[], next: number): number {
  let most = 0;
  for (let at = 1; at < tokens.length; at++) {
    if (tokens[at] !== next) continue;
    let length = 0;
    while (length < at && tokens[at - 1 - length] === tokens.at(-1 - length) && tokens.at(-1 - length) !== BREAKER) {
      length++;
    }
    most = Math.max(most, length);
  }
  return most;
}

describe('what repeats a text', () => {
  it.each([
    [[1, 2, 3, 1, 2], {}, { 3: 1 }],
    [[1, 2, 3, 4, 1, 2, 3], {}, { 4: 2 }],
    [[1, 2, 3, 4, 1, 2, 3], { dryAllowedLength: 4 }, {}],
    [[1, 2, 3, 4, 1, 2, 3], { dryAllowedLength: 3, dryMultiplier: 0.5 }, { 4: 0.5 }],
    [[1, 2, 3, 2, 2, 4, 1, 2], {}, { 3: 1 }],
    [[1, 2, 3, 4, 1, 2, 3], { dryPenaltyLastN: 4 }, {}],
    [[1, 2, 3, 1, 2], { dryPenaltyLastN: 0 }, {}],
    [[1, BREAKER, 3, 1, BREAKER], {}, {}],
    [[BREAKER, 1, 2, 3, BREAKER, 1, 2], {}, { 3: 1 }],
    [[], {}, {}],
  ])('%j with %j costs %j', (tokens, options, expected: Readonly<Record<number, number>>) => {
    expect(penalties(tokens, options)).toEqual(Array.from({ length: 10 }, (_, token) => expected[token] ?? 0));
  });

  it('costs no more than a number of 32 bits', () => {
    const logits = penalties(new Array(1_000).fill(1), { dryBase: 10 });
    expect(Number.isFinite(logits[1])).toBe(true);
    expect(logits[1]).toBeGreaterThan(1e38);
  });

  it('is found as by trying every place', () => {
    const text = fc.array(fc.constantFrom(1, 2, 3, BREAKER), { maxLength: 40 });
    fc.assert(
      fc.property(text, (tokens) => {
        const expected = Array.from({ length: 10 }, (_, token) => {
          const length = longest(tokens, token);
          return length < OPTIONS.dryAllowedLength ? 0 : OPTIONS.dryBase ** (length - OPTIONS.dryAllowedLength);
        });
        expect(penalties(tokens).map((each) => Math.min(each, 3e38))).toEqual(expected);
      }),
    );
  });
});
