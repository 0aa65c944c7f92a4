import { expect, it } from 'vitest';
import { invalidArgument, MillraceError } from './errors.js';
import { excerpt, quoted } from './message.js';

it('a message is never longer than 8,192 characters, however long what it quotes', () => {
  const name = 'n'.repeat(30_000_000);
  const { message } = new MillraceError('not_found', `there is no '${name}'`);
  expect(message).toBe(`there is no '${'n'.repeat(8_192 - 13)}… (30000014 characters)`);
  expect(invalidArgument('x'.repeat(8_192)).message).toBe('x'.repeat(8_192));
});

it('names are quoted whole up to the length that names of files have', () => {
  expect(quoted('a'.repeat(255))).toBe(`'${'a'.repeat(255)}'`);
  expect(quoted('a'.repeat(256))).toBe(`'${'a'.repeat(255)}…'`);
  expect(excerpt('a'.repeat(65))).toBe(`${'a'.repeat(64)}…`);
});
