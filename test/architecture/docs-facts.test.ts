import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EngineOptionsSchema } from '../../src/engine/options.js';

const read = (page: string) => readFileSync(page, 'utf8');

/** The cells of the rows of the first table behind `heading`, without its head. */
function tableBehind(page: string, heading: string): readonly (readonly string[])[] {
  const lines = read(page).split('\n');
  const start = lines.indexOf(heading);
  expect(start, `${page} has the heading '${heading}'`).toBeGreaterThan(-1);
  const head = lines.findIndex((line, index) => index > start && line.startsWith('|'));
  const end = lines.findIndex((line, index) => index > head && !line.startsWith('|'));
  return lines.slice(head + 2, end === -1 ? undefined : end).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

const UNITS: Readonly<Record<string, number>> = {
  ...{ '': 1, '%': 0.01 },
  ...{ ms: 1, s: 1_000, min: 60_000 },
  ...{ KiB: 1_024, MiB: 1_048_576, GiB: 1_073_741_824 },
};

/** `10 min` → 600000. */
function parseAmount(text: string): number {
  const [amount = '', unit = ''] = text.split(' ');
  return Number(amount) * (UNITS[unit] ?? Number.NaN);
}

/** The value of `const NAME = 1_000;` in a file, or the default of a setting. */
function valueInCode(name: string, file: string): number {
  const setting = (EngineOptionsSchema.properties as Readonly<Record<string, { default?: unknown }>>)[name];
  if (setting !== undefined) return Number(setting.default);
  const [, value = 'NaN'] = new RegExp(`const ${name} = ([\\d_.]+);`).exec(read(`src/${file}`)) ?? [];
  return Number(value.replaceAll('_', ''));
}

describe('docs/architecture.md', () => {
  const constants = tableBehind('docs/architecture.md', '## Constants worth knowing');

  it('knows some constants', () => expect(constants.length).toBeGreaterThan(10));

  it.each(constants)('gives the value of %s', (name = '', value = '', file = '') => {
    expect({ name, value: parseAmount(value) }).toEqual({ name, value: valueInCode(name, file) });
  });
});

it('README names every page of the documentation', () => {
  const pages = readdirSync('docs').filter((name) => name.endsWith('.md'));
  const more = read('README.md').split('\n## More\n')[1] ?? '';
  expect(pages.filter((name) => !more.includes(`](docs/${name})`))).toEqual([]);
});
