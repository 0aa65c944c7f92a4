import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { loadSettings, originOf } from './load.js';

async function load(yaml: string, env: Readonly<Record<string, string>> = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-secrets-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(path.join(folder, 'key'), 'k'.repeat(32));
  await writeFile(path.join(folder, 'millrace.yaml'), yaml);
  return { folder, origin: originOf(loadSettings({ env, flags: {}, cwd: folder })) };
}

it('finds the files in which secrets are: the settings themselves, and those they refer to', async () => {
  const { folder, origin } = await load(
    `auth:
  keys:
    - { name: a, key: '0123456789abcdef' }
    - { name: b, key: '\${file:key}' }
    - { name: c, key: '\${env:C}' }
    - { name: d, key: 'costs $\${1234567890abcd' }
`,
    { C: 'c'.repeat(16) },
  );
  const file = path.join(folder, 'millrace.yaml');
  expect(origin.file).toBe(file);
  expect(origin.secretFiles).toEqual([
    { setting: ['auth', 'keys', '0', 'key'], file, kind: 'written' },
    { setting: ['auth', 'keys', '1', 'key'], file: path.join(folder, 'key'), kind: 'referenced' },
    { setting: ['auth', 'keys', '3', 'key'], file, kind: 'written' },
  ]);
  expect(origin.placeOf(['auth', 'keys', '1', 'key'])).toBe(`${file}:4:18`);
  expect(origin.placeOf(['server', 'host'])).toBe('');
});

it('finds none in the environment', async () => {
  const { origin } = await load('{}\n', { MILLRACE_AUTH_KEYS: '[{"name":"a","key":"0123456789abcdef"}]' });
  expect(origin.secretFiles).toEqual([]);
  expect(origin.placeOf(['auth', 'keys'])).toBe('MILLRACE_AUTH_KEYS');
});
