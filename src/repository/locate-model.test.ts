import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openRepository, served } from '../../test/support/folder-repository.js';
import { createTempFolder } from '../../test/support/model-folder.js';
import type { RepositoryScan } from './types.js';

const CONTENTS = {
  'models/5f0e/model/1/model.onnx': 'a',
  'models/5f0e/model/model.yaml': 'name: model',
  'models/nested/bert/2/model.onnx': 'b',
  'models/flat/model.onnx': 'c',
  'models/flat/labels.txt': 'x',
  'models/bare.onnx': 'd',
  'models/two/a/1/model.onnx': 'e',
  'models/two/b/1/model.onnx': 'f',
  'models/notes/readme.md': 'g',
  'models/readme.md': 'h',
  'models/net.pt': 'i',
  'models/out': { link: '../elsewhere' },
  'elsewhere/1/model.onnx': 'j',
} as const;

async function scanFrom(from: string | ((root: string) => string), name = 'hash'): Promise<RepositoryScan> {
  await using folder = await createTempFolder(CONTENTS);
  const root = path.join(folder.path, 'models');
  const asked = typeof from === 'string' ? from : from(root);
  return await openRepository([root]).scan({ name, from: asked });
}

describe('a model that is asked for by where it lies', () => {
  it.each<[string, string | ((root: string) => string), string, string]>([
    ['a relative path', '5f0e/model', 'hash/1', '5f0e/model/1/model.onnx'],
    ['a relative path with a slash at its end', '5f0e/model/', 'hash/1', '5f0e/model/1/model.onnx'],
    ['an absolute path', (root) => `${root}/5f0e/model`, 'hash/1', '5f0e/model/1/model.onnx'],
    ['a URL', (root) => pathToFileURL(`${root}/5f0e/model`).href, 'hash/1', '5f0e/model/1/model.onnx'],
    ['a folder with the folder of one model', 'nested', 'hash/2', 'nested/bert/2/model.onnx'],
    ['a folder with a model file', 'flat', 'hash/1', 'flat/model.onnx'],
    ['a model file', 'bare.onnx', 'hash/1', 'bare.onnx'],
  ])('is found by %s', async (_what, from, expected, file) => {
    const scan = await scanFrom(from);
    expect(scan.problems).toEqual([]);
    expect(served(scan)).toEqual([expected]);
    const [source] = scan.sources;
    expect(source?.path.endsWith(`models/${file}`)).toBe(true);
    expect(source?.from).toMatch(/5f0e\/model|nested|flat|bare/);
  });

  it.each<[string, string, string]>([
    ['s3://bucket/model.tar.gz', 'invalid_argument', "'s3://bucket/model.tar.gz' is not on this machine"],
    ['https://example.com/model.mar', 'invalid_argument', 'for example with `millrace pull`'],
    ['file://host/models/a', 'invalid_argument', "'file://host/models/a' is no URL of a file on this machine"],
    ['/etc', 'invalid_argument', "'/etc' does not lie in a model repository of this server, which are: "],
    ['../elsewhere', 'invalid_argument', "'../elsewhere' does not lie in a model repository"],
    ['5f0e/../../elsewhere', 'invalid_argument', 'does not lie in a model repository'],
    ['out', 'invalid_argument', "'out' is a symbolic link that leads out of the repository"],
    ['out/1', 'invalid_argument', "'out/1' is a symbolic link that leads out of the repository"],
    ['missing', 'not_found', "there is no 'missing' in the model repositories"],
    ['two', 'invalid_argument', "'two' holds several models: a, b; name one of them"],
    ['notes', 'invalid_argument', "'notes' is no model: expected a folder with a configuration"],
    ['readme.md', 'invalid_argument', "'readme.md' is no model file: expected model.onnx"],
    ['net.pt', 'invalid_argument', "'net.pt' is a PyTorch"],
    ['', 'invalid_argument', "the model's URL is empty"],
    ['a\0b', 'invalid_argument', "the model's URL holds a NUL character"],
  ])('is refused: %j', async (from, code, message) => {
    await expect(scanFrom(from)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it.each([
    ['a/b', "the model's name holds a slash"],
    ['', "the model's name is not a name"],
  ])('does not get the name %j', async (name, message) => {
    await expect(scanFrom('flat', name)).rejects.toThrow(message);
  });
});
