import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const SECURITY = readFileSync('SECURITY.md', 'utf8');

/** The section of that title. */
function sectionOf(title: string): string {
  const [, behind = ''] = SECURITY.split(`## ${title}\n`);
  return behind.split('\n## ')[0] ?? '';
}

/** The rows of a table whose last column is a test. */
function attacksIn(section: string) {
  return [...section.matchAll(/^\| (?<attack>.+) \| `(?<file>[^`]+)`(?:: (?<title>.+))? \|$/gm)].map(
    ({ groups = {} }) => [groups.attack ?? '', groups.file ?? '', groups.title ?? ''] as const,
  );
}

const TITLES = ['What is tried', 'What a request may cost'];

it.each(TITLES)('the list of attacks is read whole: %s', (title) => {
  const rows = sectionOf(title)
    .split('\n')
    .filter((line) => line.startsWith('| '));
  // But for its head.
  expect(attacksIn(sectionOf(title)).length).toBe(rows.length - 1);
  expect(rows.length).toBeGreaterThan(5);
});

it.each(TITLES.flatMap((title) => attacksIn(sectionOf(title))))('%s: there is a test', (_attack, file, title) => {
  expect([file, existsSync(file)]).toEqual([file, true]);
  expect(readFileSync(file, 'utf8')).toContain(title);
});
