import { readdirSync, readFileSync } from 'node:fs';
import type { TSchema } from '@sinclair/typebox';
import { describe, expect, it } from 'vitest';
import { defaultSettings, describeFileShortage, SettingsSchema } from '../../src/config/index.js';
import { EngineOptionsSchema } from '../../src/engine/options.js';
import { CommonConfigSchema } from '../../src/repository/model-config.js';
import { TOOL_FORMATS } from '../../src/runtimes/llama/answer/formats/names.js';

/** Without types of its own. */
const RULES: string = '../../.dependency-cruiser.mjs';
const { RANKS } = (await import(RULES)) as { readonly RANKS: readonly (readonly string[])[] };

const read = (page: string) => readFileSync(page, 'utf8');

const PAGES = readdirSync('docs').filter((name) => name.endsWith('.md'));

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
  '': 1,
  '%': 0.01,
  ms: 1,
  s: 1_000,
  min: 60_000,
  KiB: 1_024,
  MiB: 1_048_576,
  GiB: 1_073_741_824,
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

describe('the rooms of docs/architecture.md', () => {
  const folders = readdirSync('src', { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? entry.name : [],
  );
  const ranks = RANKS.flatMap((rooms, rank) => rooms.map((room) => `${rank} ${room}`));

  it('are those of the code, by the ranks that are checked', () => {
    const rows = tableBehind('docs/architecture.md', '## Rooms').map(([rank, rooms = '']) => [rank, rooms] as const);
    const told = rows.flatMap(([rank, rooms]) =>
      (rooms.match(/[\w-]+(?![\w.])/g) ?? []).map((room) => `${rank} ${room}`),
    );
    expect(told.filter((row) => folders.includes(row.split(' ')[1] ?? '') && !row.endsWith(' cli')).sort()).toEqual(
      ranks.sort(),
    );
  });

  it('are all in the picture', () => {
    const [, picture = ''] = /^```\n( +app\.ts.*?)^```/ms.exec(read('docs/architecture.md')) ?? [];
    expect(folders.filter((room) => !new RegExp(`(?<![\\w-])${room}(?![\\w-])`).test(picture))).toEqual([]);
  });
});

it('README names every page of the documentation', () => {
  const more = read('README.md').split('\n## More\n')[1] ?? '';
  expect(PAGES.filter((name) => !more.includes(`](docs/${name})`))).toEqual([]);
});

/** Words that read as if they were translated, and what to say instead. */
const HOUSE_WORDS: Readonly<Record<string, string>> = {
  wants: 'requires, needs, asks for',
  whoever: 'everyone who, a caller who',
  'put together': 'batch, join, assemble',
  'gives? back|given back|give-back': 'release',
  'is failed': 'fails',
  mend: 'correct, fix',
  shall: 'should, is to',
  'leads? nowhere': 'is unresolved',
};

it.each(['README.md', 'CONTRIBUTING.md', ...PAGES.map((name) => `docs/${name}`)])('%s uses plain words', (page) => {
  const text = read(page).replace(/^```.*?^```/gms, '');
  const found = Object.entries(HOUSE_WORDS).filter(([words]) => new RegExp(`\\b(${words})\\b`, 'i').test(text));
  expect(found).toEqual([]);
});

/** What the source says in strings: joined, without backticks, with … for what is put in, models that it names in one of two ways. */
function stringsOf(file: string): string {
  const mention = /\$\{(?:\w+\.)?(?:mention|namedModel\([^}]*\))\}/g;
  return ["model '…'", "version … of model '…'"]
    .map((named) => plainText(read(file).replace(mention, named)))
    .join('\n');
}

function plainText(source: string): string {
  return source
    .replace(/['`] \+\s*(?=['`])['`]/g, '')
    .replace(/\$\{[^{}]*\}/g, '…')
    .replace(/\\?`/g, '');
}

describe.each(['docs/troubleshooting.md', 'docs/batching.md'])('the messages in %s', (page) => {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => stringsOf(`src/${name}`));
  const messages = read(page)
    .split('\n')
    .flatMap((line) => /^\| (`+)(?<message>[^|]*? [^|]*?)\1/.exec(line)?.groups?.message ?? []);

  it('are found', () => expect(messages.length).toBeGreaterThan(6));

  it.each(messages)('%s', (message) => {
    const fixed = message.split('…').map((part) => part.replace(/^[ ',:()[\]]+|[ ',:()[\]]+$/g, ''));
    const sayIt = sources.filter((text) => fixed.every((part) => text.includes(part)));
    expect(sayIt).not.toEqual([]);
  });
});

describe('docs/sizing.md', () => {
  const SERVER: TSchema = SettingsSchema;
  const MODEL: TSchema = CommonConfigSchema;
  const schemaOf = (root: TSchema, key: string): TSchema | undefined =>
    key.split('.').reduce<TSchema | undefined>((schema, name) => schema?.properties?.[name], root);
  const rows = tableBehind('docs/sizing.md', '## Memory').filter(([, bound]) => bound !== '');

  it.each(rows)('gives the default of what bounds %s', (_part, bound = '', text = '') => {
    const key = /^[\w.]+/.exec(bound)?.[0] ?? '';
    const schema = schemaOf(SERVER, key) ?? schemaOf(MODEL, key);
    if (schema?.default === 0) return expect(text).toMatch(/^\[by /);
    const [amount = '', share] = text.split(', but at most ');
    expect({ key, value: parseAmount(amount) }).toEqual({ key, value: schema?.default });
    expect(share).toBe(schema?.['x-memory-share'] && `1/${1 / schema['x-memory-share']} of the memory`);
  });

  it('counts the open files as the server does', () => {
    const settings = defaultSettings();
    expect(read('docs/sizing.md')).toContain('With 10,000 connections each and four runners, this is 30,124.');
    expect(schemaOf(SERVER, 'server.maxConnections')?.['x-open-files-share']).toBe(1 / 4);
    expect(describeFileShortage(30_123, settings, 4)).toContain('3 listeners and 4 runners may need 30124');
    expect(describeFileShortage(30_124, settings, 4)).toBeUndefined();
  });

  it('computes its examples right', () => {
    const queue = schemaOf(MODEL, 'queue.maxRequests')?.default;
    expect((queue * 0.02) / 32).toBe(0.64);
    expect(Math.floor(schemaOf(MODEL, 'limits.maxInFlightBytes')?.default / (3 * 224 * 224 * 4))).toBe(445);
    expect(schemaOf(SERVER, 'engine.loadConcurrency')?.default).toBe(2);
    expect(schemaOf(SERVER, 'engine.maxInstances')?.default).toBe(1024);
    expect(schemaOf(SERVER, 'server.maxInputBytes')?.default).toBe(64 * 1_048_576);
  });
});

it('docs/language-models.md describes every form of calls', () => {
  const described = tableBehind('docs/language-models.md', '### Forms of calls').flatMap(([names = '']) =>
    names.split(', '),
  );
  expect(described.toSorted()).toEqual(TOOL_FORMATS.toSorted());
});

it('docs/doctor.md explains every finding', () => {
  const sources = readdirSync('src/doctor', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => read(`src/doctor/${name}`));
  const known = sources.flatMap((text) => text.match(/'[a-z]+(-[a-z]+)+'/g) ?? []).map((id) => id.slice(1, -1));
  const told = [...read('docs/doctor.md').matchAll(/^\| (`[a-z-]+`(, `[a-z-]+`)*) \|/gm)]
    .flatMap(([, ids = '']) => ids.split(', '))
    .map((id) => id.slice(1, -1));
  expect(told.filter((id) => !known.includes(id))).toEqual([]);
  const others = ['onnxruntime-node', 'go-rwx', 'o-w'];
  expect([...new Set(known)].filter((id) => !told.includes(id) && !others.includes(id))).toEqual([]);
});
