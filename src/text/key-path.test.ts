import { expect, it } from 'vitest';
import { formatPath, parsePointer } from './key-path.js';

it('writes the path of a key as its file does', () => {
  expect(formatPath(['auth', 'keys', '0', 'name'])).toBe('auth.keys[0].name');
});

it('reads a JSON pointer', () => {
  expect(parsePointer('/a~1b/0/~01')).toEqual(['a/b', '0', '~1']);
  expect(parsePointer('')).toEqual([]);
});
