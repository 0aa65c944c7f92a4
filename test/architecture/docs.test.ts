import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const PAGES = ['.', 'docs', 'docs/decisions', 'examples/models', 'test/fixtures/models'].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.join(folder, name)),
);

/** Targets of the page's links into the repository, without the part behind `#`. */
function linksOf(page: string): readonly string[] {
  const text = readFileSync(page, 'utf8').replace(/^```.*?^```/gms, '');
  return [...text.matchAll(/\]\((?<target>[^)\s]+)\)/g)]
    .map((match) => match.groups?.target ?? '')
    .filter((target) => !/^(?:https?:|#)/.test(target))
    .map((target) => target.replace(/#.*$/, ''));
}

it.each(PAGES)('the links of %s lead somewhere', (page) => {
  const broken = linksOf(page).filter((target) => !existsSync(path.join(path.dirname(page), target)));
  expect(broken).toEqual([]);
});
