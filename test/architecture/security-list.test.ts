import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const [, list = ''] = readFileSync('SECURITY.md', 'utf8').split('## What is tried\n');
const ATTACKS = [
  ...(list.split('\n## ')[0] ?? '').matchAll(/^\| (?<attack>.+) \| `(?<file>[^`]+)`(?:: (?<title>.+))? \|$/gm),
].map(({ groups = {} }) => [groups.attack ?? '', groups.file ?? '', groups.title ?? ''] as const);

it('the list of attacks is read whole', () => {
  const rows = (list.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('| '));
  // But for its head.
  expect(ATTACKS.length).toBe(rows.length - 1);
  expect(ATTACKS.length).toBeGreaterThan(10);
});

it.each(ATTACKS)('%s: there is a test', (_attack, file, title) => {
  expect([file, existsSync(file)]).toEqual([file, true]);
  expect(readFileSync(file, 'utf8')).toContain(title);
});
