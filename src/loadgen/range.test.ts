import { describe, expect, it } from 'vitest';
import { parseRange } from './range.js';

describe('parseRange', () => {
  it.each([
    ['8', [8]],
    ['1:4', [1, 2, 3, 4]],
    ['10:50:20', [10, 30, 50]],
    ['1,8,32', [1, 8, 32]],
    ['0.5', [0.5]],
  ])('reads %s', (text, values) => {
    expect(parseRange(text)).toEqual(values);
  });

  it.each(['', '0', '-1', 'x', '1:', '4:1', '1:2:3:4', '1,,2'])('refuses %j', (text) => {
    expect(() => parseRange(text)).toThrow(
      `range: expected N, START:END, START:END:STEP or A,B,C with numbers above 0, got '${text}'`,
    );
  });
});
