import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createSettings, loadSettings } from './index.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-config-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const load = (text: string, env: Readonly<Record<string, string>> = {}) => {
  writeFileSync(join(folder, 'millrace.yaml'), text);
  return () => loadSettings({ env, flags: {}, cwd: folder }).quotas;
};

it('are a list, which is empty by default', () => {
  expect(createSettings().quotas).toEqual([]);
  expect(load('quotas: [{ name: a, principal: "key:*", requestsPerSecond: 0.5 }]')()).toEqual([
    { name: 'a', principal: 'key:*', requestsPerSecond: 0.5 },
  ]);
});

it.each([
  ['quotas:\n  - { name: a }', 'millrace.yaml:2:5: quotas[0]: limits nothing, expected one of requestsPerSecond, '],
  [
    'quotas:\n  - { name: a, tokensPerDay: 1 }\n  - name: b\n    concurent: 1',
    'millrace.yaml:4:5: unknown key quotas[1].concurent; did you mean concurrent?',
  ],
  [
    'quotas:\n  - { name: a, tokensPerDay: 0.5 }',
    'millrace.yaml:2:16: quotas[0].tokensPerDay: expected integer (0 to 1000000000000000), got 0.5',
  ],
  [
    'quotas:\n  - { name: a, concurrent: 1, burst: 2 }',
    'millrace.yaml:2:31: quotas[0].burst: is of requestsPerSecond, which is missing',
  ],
  ['quotas:\n  - { tokensPerDay: 1 }', 'quotas[0].name is missing'],
  ['quotas: { name: a }', 'millrace.yaml:1:1: quotas: expected list of map, got a map'],
])('%j is refused', (text, message) => {
  expect(load(text)).toThrow(message);
});

it('come from the environment as JSON', () => {
  const env = { MILLRACE_QUOTAS: '[{"name":"a","concurrent":1},{"name":"a","concurrent":2}]' };
  expect(load('quotas: []', env)).toThrow("MILLRACE_QUOTAS: quotas[1].name: 'a' is taken already");
});
