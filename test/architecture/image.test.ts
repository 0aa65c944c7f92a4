import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { FLAVOURS, isPruned } from '../../deploy/image/flavours.mjs';
import { inspect } from '../../deploy/image/inspect.mjs';
import { createTempFolder } from '../support/model-folder.js';

const { optionalDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
const optionalOf = (flavour: keyof typeof FLAVOURS) =>
  Object.keys(optionalDependencies).filter((name) => FLAVOURS[flavour].optional(name));

describe('the flavours of the image', () => {
  it('have tokenizers, and llama.cpp, and what decodes photos and sounds', () => {
    expect(optionalOf('onnx')).toEqual(['tokenizers']);
    expect(optionalOf('llama')).toContain('@node-llama-cpp/linux-x64');
    expect(optionalOf('llama')).not.toContain('sharp');
    expect(optionalOf('full')).toEqual(Object.keys(optionalDependencies).filter((name) => name !== '@duckdb/node-api'));
  });

  it('have limits, which docs/deployment.md states', () => {
    const page = readFileSync('docs/deployment.md', 'utf8');
    for (const [flavour, { maxBytes }] of Object.entries(FLAVOURS)) {
      expect(page).toMatch(new RegExp(`^\\| \`${flavour}\` \\|.*\\| ${maxBytes / 1e6} MB \\|$`, 'm'));
    }
  });

  it('run the Node that README.md recommends', () => {
    const [, preferred] = /^Node (\d+) is recommended/m.exec(readFileSync('README.md', 'utf8')) ?? [];
    const [, major] = /version: '(\d+)\.\d+\.\d+'/.exec(readFileSync('deploy/image/build.mjs', 'utf8')) ?? [];
    expect(major).toBe(preferred);
  });
});

describe('isPruned', () => {
  it.each([
    'dist/index.js.map',
    'dist/index.d.ts',
    'node_modules/a/README.md',
    'node_modules/a/test/index.js',
    'node_modules/.bin/tool',
    'node_modules/tokenizers/tokenizers.linux-x64-musl.node',
    'node_modules/tokenizers/tokenizers.darwin-arm64.node',
    'node_modules/onnxruntime-node/bin/napi-v6/win32/x64/onnxruntime.dll',
    'node_modules/onnxruntime-node/bin/napi-v6/linux/arm64/libonnxruntime.so.1',
    'node_modules/@node-llama-cpp/linux-arm64/bins/linux-arm64/libllama.so',
    'node_modules/@libsql/linux-x64-musl/index.node',
    'node_modules/@koromix/koffi-linux-x64/musl_x64/koffi.node',
  ])('leaves %s out of an image for x64', (file) => {
    expect(isPruned(file, 'x64')).toBe(true);
  });

  it.each([
    'dist/index.js',
    'node_modules/a/LICENSE.md',
    'node_modules/tokenizers/tokenizers.linux-x64-gnu.node',
    'node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1',
    'node_modules/@node-llama-cpp/linux-x64/bins/linux-x64/libllama.so',
    'node_modules/@libsql/linux-x64-gnu/index.node',
    'node_modules/koffi/src/koffi/index.cjs',
  ])('keeps %s', (file) => {
    expect(isPruned(file, 'x64')).toBe(false);
  });
});

describe('inspect', () => {
  const elf = (machine: number) => {
    const head = Buffer.alloc(64);
    head.writeUInt32BE(0x7f454c46);
    head.writeUInt16LE(machine, 18);
    return head;
  };
  const key = `-----BEGIN RSA PRIVATE ${'KEY'}-----\n${'A'.repeat(64)}\n`;

  it.each<[string, string | Buffer, number, string]>([
    ['bin/su', elf(62), 0o4755, '/bin/su is setuid or setgid'],
    ['app/.npmrc', '', 0o644, '/app/.npmrc has the name of a secret'],
    ['app/server.key', '', 0o644, '/app/server.key has the name of a secret'],
    ['app/config.json', key, 0o644, '/app/config.json contains a secret'],
    ['app/notes', '//registry.example.com/:_authToken=abc', 0o644, '/app/notes contains a secret'],
    ['app/open', '', 0o666, '/app/open is writable by all'],
    ['lib/a.so', elf(183), 0o644, '/lib/a.so is an ELF file for another processor'],
    ['lib/a.dll', Buffer.concat([Buffer.from('MZ'), elf(62)]), 0o644, '/lib/a.dll is a program for Windows'],
    [
      'lib/a.dylib',
      Buffer.concat([Buffer.from('cffaedfe', 'hex'), elf(62)]),
      0o644,
      '/lib/a.dylib is a program for macOS',
    ],
  ])('refuses %s', async (file, content, mode, problem) => {
    await using folder = await createTempFolder();
    mkdirSync(path.dirname(path.join(folder.path, file)), { recursive: true });
    writeFileSync(path.join(folder.path, file), content);
    chmodSync(path.join(folder.path, file), mode);
    expect(inspect(folder.path, 'amd64')).toEqual({ sizeBytes: content.length, problems: [problem] });
  });

  it('accepts programs of the processor, and code that mentions keys', async () => {
    await using folder = await createTempFolder();
    writeFileSync(path.join(folder.path, 'node'), elf(62), { mode: 0o755 });
    writeFileSync(path.join(folder.path, 'import.js'), `'-----BEGIN PRIVATE ${'KEY'}-----'.length`);
    expect(inspect(folder.path, 'amd64').problems).toEqual([]);
  });
});
