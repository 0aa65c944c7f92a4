import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { HINTS, LABELS, UNSUPPORTED } from '../../src/protocols/openai/without-effect.js';

const text = readFileSync('docs/protocols.md', 'utf8');
const lineOf = (start: string) => text.split('\n').filter((line) => line.startsWith(start));

it.each([
  ['| labels |', LABELS],
  ['| hints |', HINTS],
])('the documentation lists all parameters without effect: %s', (start, names) => {
  const [row = ''] = lineOf(start);
  for (const name of names) expect(row).toContain(`\`${name}\``);
});

it('the documentation lists all parameters that are refused', () => {
  const from = text.indexOf('Parameters that change the answer are followed or 400.');
  const paragraph = text.slice(from, text.indexOf('\n\n', from));
  for (const name of Object.keys(UNSUPPORTED)) expect(paragraph).toContain(`\`${name}\``);
});
