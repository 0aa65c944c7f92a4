import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSettings, redactSettings } from './index.js';

const SECRET = 'correct horse battery';
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-config-'));
  writeFileSync(join(folder, 'key'), `${SECRET}\n`);
  writeFileSync(join(folder, 'windows-key'), `${SECRET}\r\n`);
  writeFileSync(join(folder, 'two-lines'), `${SECRET}\n\n`);
  writeFileSync(join(folder, 'short'), 'hunter2\n');
  writeFileSync(join(folder, 'huge'), 'x'.repeat(65_537));
});
afterAll(() => rmSync(folder, { recursive: true }));

const keyFrom = (key: unknown, env: Record<string, string> = {}) =>
  loadSettings({ env, flags: { auth: { keys: [{ name: 'a', key }] } }, cwd: folder }).auth.keys[0]?.key;

describe('a reference in a text', () => {
  it.each([
    ['${env:KEY}', SECRET],
    ['${file:key}', SECRET],
    ['${file:windows-key}', SECRET],
    ['${file:two-lines}', `${SECRET}\n`],
    ['a ${env:KEY} and ${file:key}', `a ${SECRET} and ${SECRET}`],
    ['$${env:KEY} as it stands', '${env:KEY} as it stands'],
    ['price: $5, {braces} and $', 'price: $5, {braces} and $'],
  ])('%s', (text, value) => {
    expect(keyFrom(text, { KEY: SECRET })).toBe(value);
  });

  it('is not read a second time in what it stands for', () => {
    expect(keyFrom('${env:KEY}', { KEY: '${env:KEY} is not looked up' })).toBe('${env:KEY} is not looked up');
  });

  it('works in the environment, starting from the working folder', () => {
    const env = { MILLRACE_AUTH_KEYS: '[{"name":"a","key":"${file:key}"}]' };
    expect(loadSettings({ env, flags: {}, cwd: folder }).auth.keys[0]?.key).toBe(SECRET);
  });

  it('starts in the settings file from its folder', () => {
    const file = join(folder, 'millrace.yaml');
    writeFileSync(file, 'auth: { keys: [{ name: a, key: "${file:key}" }] }');
    const settings = loadSettings({ file, env: {}, flags: {}, cwd: '/' });
    rmSync(file);
    expect(settings.auth.keys[0]?.key).toBe(SECRET);
  });

  it.each([
    ['${env:NOPE}', 'auth.keys[0].key: environment variable NOPE is not set'],
    [
      '${HOME}',
      "auth.keys[0].key: unknown reference '${HOME}': expected ${env:NAME} or ${file:path}; write $${ for the text",
    ],
    [
      '${env:}',
      "auth.keys[0].key: unknown reference '${env:}': expected ${env:NAME} or ${file:path}; write $${ for the text",
    ],
    [
      '${env:KEY',
      "auth.keys[0].key: unknown reference '${env:KEY': expected ${env:NAME} or ${file:path}; write $${ for the text",
    ],
  ])('%s leads nowhere and is refused', (text, message) => {
    expect(() => keyFrom(text, { KEY: SECRET })).toThrow(message);
  });

  it('to a file that cannot be read is refused', () => {
    expect(() => keyFrom('${file:nope}')).toThrow(`auth.keys[0].key: file ${join(folder, 'nope')} does not exist`);
    expect(() => keyFrom('${file:huge}')).toThrow(
      `auth.keys[0].key: file ${join(folder, 'huge')} is 65537 bytes long, expected at most 65536`,
    );
  });

  it('in a number is not looked up', () => {
    expect(() => loadSettings({ env: { P: '80' }, flags: { server: { httpPort: '${env:P}' } }, cwd: folder })).toThrow(
      "--http-port: server.httpPort: expected integer (0 to 65535), got '${env:P}'",
    );
  });
});

describe('a secret', () => {
  it('is never printed with the settings', () => {
    const flags = {
      auth: {
        keys: [
          { name: 'a', key: '${file:key}' },
          { name: 'b', key: '0123456789abcdef' },
        ],
      },
    };
    const settings = loadSettings({ env: {}, flags, cwd: folder });
    const printed = redactSettings(settings);
    expect(printed).toMatchObject({
      auth: {
        keys: [
          { name: 'a', key: '[redacted]' },
          { name: 'b', key: '[redacted]' },
        ],
      },
    });
    expect(JSON.stringify(printed)).not.toMatch(/horse|0123456789/);
    expect({ ...printed, auth: undefined }).toEqual({ ...settings, auth: undefined });
  });

  it.each([
    ['from a file', { key: '${file:short}' }],
    ['from the environment', { key: '${env:SHORT}' }],
    ['written out', { key: 'hunter2' }],
    ['written as a number', { key: 7_777_777_777_777_777 }],
    ['under a wrong key', { kye: 'hunter2' }],
  ])('is never quoted when it is refused: %s', (_what, item) => {
    const work = () =>
      loadSettings({ env: { SHORT: 'hunter2' }, flags: { auth: { keys: [{ name: 'a', ...item }] } }, cwd: folder });
    expect(work).toThrow('auth.keys[0]');
    expect(work).not.toThrow(/hunter2|777777/);
  });

  it.each(['[{"name":"a","key":"hunter2 hunter2 hunter2"', 'hunter2', '"hunter2"'])(
    'is never quoted when the list around it is broken: %s',
    (text) => {
      const work = () => loadSettings({ env: { MILLRACE_AUTH_KEYS: text }, flags: {}, cwd: folder });
      expect(work).toThrow('MILLRACE_AUTH_KEYS: auth.keys');
      expect(work).not.toThrow(/hunter2/);
    },
  );
});
