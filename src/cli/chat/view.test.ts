import { expect, it } from 'vitest';
import { printable } from './view.js';

it.each([
  ['commands to a terminal', 'a\u001b[2Jb\u009b1mc', 'a␛[2Jb\ufffd1mc'],
  ['bells and deletions', '\u0007\u0000\u007f', '␇␀␡'],
  ["lines' ends of Windows", 'a\r\nb\tc\n', 'a\nb\tc\n'],
  ['other letters', 'é 😀 שלום', 'é 😀 שלום'],
])('%s', (_, text, shown) => {
  expect(printable(text)).toBe(shown);
});
