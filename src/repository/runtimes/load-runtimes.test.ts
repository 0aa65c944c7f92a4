import path from 'node:path';
import { Type } from '@sinclair/typebox';
import { describe, expect, it } from 'vitest';
import TOY from '../../../test/fixtures/toy-runtime/manifest.mjs';
import { createTempFolder } from '../../../test/support/model-folder.js';
import { BUILT_IN_RUNTIMES, type RuntimeManifest } from '../../runtimes/index.js';
import { loadRuntimes } from './load-runtimes.js';

const TOY_FILE = 'test/fixtures/toy-runtime/manifest.mjs';

async function refusalOf(change: object, files: readonly string[] = []): Promise<string> {
  // What JavaScript gives need not be what the types say.
  const given = { ...TOY, ...change } as RuntimeManifest;
  return loadRuntimes(files, [given]).then(
    () => 'none',
    (error: Error) => error.message,
  );
}

describe('loadRuntimes', () => {
  it('has those that millrace brings along, then those of files, then those that a program gives', async () => {
    const other = { ...TOY, name: 'other', triton: { backends: ['other'] } };
    const runtimes = await loadRuntimes([TOY_FILE], [other]);
    expect(runtimes.map(({ name }) => name)).toEqual([...BUILT_IN_RUNTIMES.map(({ name }) => name), 'toy', 'other']);
    expect(await loadRuntimes([])).toEqual(BUILT_IN_RUNTIMES);
  });

  it.each<[object, string]>([
    [{}, 'none'],
    [{ name: undefined }, 'name: expected a text that is not empty, got undefined'],
    [{ name: 'Toy' }, "name: expected a small letter, then letters, digits, '-' and '_', got 'Toy'"],
    [{ name: 'batching' }, "name: 'batching' is a key of model.yaml for all runtimes"],
    [{ tasks: ['generate'] }, 'none'],
    [{ tasks: ['generate'], prepares: true }, 'none'],
    [{ prepares: true }, 'prepares: a runtime that prepares requests has tasks'],
    [
      { tasks: ['generate'], prepares: true, placements: ['inline'] },
      'prepares: a runtime that prepares requests runs in processes',
    ],
    [{ prepares: 1 }, 'prepares: expected true or false, got 1'],
    [
      { tasks: ['infer'] },
      "tasks[0]: expected one of generate, embed, sparse, rank, classify, tokenClassify, got 'infer'",
    ],
    [
      { contractVersion: undefined },
      'contractVersion: this server runs runtimes of contract version 1; the manifest states none',
    ],
    [{ contractVersion: 2 }, 'contractVersion: this server runs runtimes of contract version 1; the manifest states 2'],
    [{ file: {} }, "unknown key 'file'; did you mean 'files'?"],
    [{ files: { endings: ['toy'] } }, "files.endings: expected a dot, then letters, got 'toy'"],
    [{ files: { endings: ['.toy'], names: ['model.ts'] } }, "files.names: 'model.ts' has none of the endings .toy"],
    [{ placements: [] }, 'placements: expected a list, each item one of process, inline, got an empty list'],
    [{ options: { type: 'object' } }, 'options: expected a schema made by Type.Object of millrace/runtime'],
    [{ options: Type.String() }, 'options: expected a schema made by Type.Object of millrace/runtime'],
    [{ composes: () => [], options: undefined }, 'options: a runtime that composes models has a section'],
    [{ composes: 'mlp' }, "composes: expected a function, got 'mlp'"],
    [{ module: './runtime.mjs' }, 'module: expected the URL of the module that exports createRuntime'],
    [{ module: undefined }, 'module: expected the URL of the module that exports createRuntime'],
  ])('judges %j', async (change, problem) => {
    expect(await refusalOf(change)).toBe(
      problem === 'none' ? 'none' : `the manifest of the runtime runtimes[0]: ${problem}`,
    );
  });

  it('names both where two have one name, or answer to one name of Triton', async () => {
    expect(await refusalOf({ name: 'echo' })).toBe(
      "two runtimes are called 'echo': 'echo' of millrace itself and 'echo' of runtimes[0]",
    );
    expect(await refusalOf({}, [TOY_FILE])).toBe(
      `two runtimes are called 'toy': 'toy' of ${TOY_FILE} and 'toy' of runtimes[0]`,
    );
    expect(await refusalOf({ triton: { backends: ['toy', 'onnxruntime'] } })).toBe(
      "two runtimes answer to the Triton backend 'onnxruntime': 'onnx' of millrace itself and 'toy' of runtimes[0]",
    );
    expect(await refusalOf({ triton: { backends: ['toy'], platforms: ['onnxruntime_onnx'] } })).toBe(
      "two runtimes answer to the Triton platform 'onnxruntime_onnx': 'onnx' of millrace itself and 'toy' of runtimes[0]",
    );
  });

  it('says which file holds no manifest', async () => {
    await using folder = await createTempFolder({ 'none.mjs': 'export const name = 1;', 'wrong.mjs': 'export {' });
    const at = (name: string) => path.join(folder.path, name);
    await expect(loadRuntimes([at('none.mjs')])).rejects.toMatchObject({
      code: 'invalid_argument',
      message: `the runtime ${at('none.mjs')} has no manifest; expected one as the default export`,
    });
    await expect(loadRuntimes([at('wrong.mjs')])).rejects.toThrow(
      `the runtime ${at('wrong.mjs')} cannot be imported: `,
    );
    await expect(loadRuntimes([at('absent.mjs')])).rejects.toThrow(
      `the runtime ${at('absent.mjs')} cannot be imported: `,
    );
  });
});
