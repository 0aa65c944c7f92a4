import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTempFolder } from '../../test/support/model-folder.js';
import { BUILT_IN_RUNTIMES, type RuntimeManifest } from '../runtimes/index.js';
import { findCheckTarget } from './check-target.js';
import { checkRepositories } from './repositories.js';

const TOY: RuntimeManifest = { name: 'toy', contractVersion: 1, files: { endings: ['.two.toy'] } };
const runtimes = [...BUILT_IN_RUNTIMES, TOY];

describe('findCheckTarget', () => {
  it('tells repositories, models, files and names apart', async () => {
    await using folder = await createTempFolder({
      'models/a/1/model.onnx': '',
      'models/b/model.yaml': '',
      'models/c.onnx': '',
      'models/e.two.toy': '',
      'models/f/model.yml': '',
      'models/d/config.pbtxt': '',
      'models/detector/1/model.onnx': '',
    });
    const models = join(folder.path, 'models');
    const find = (given: string | undefined) =>
      findCheckTarget(given, { cwd: folder.path, repositories: [models], runtimes });
    expect(await find(undefined)).toEqual({ repositories: [models], model: undefined });
    expect(await find('models')).toEqual({ repositories: [models], model: undefined });
    expect(await find('models/a')).toEqual({ repositories: [models], model: 'a' });
    expect(await find('models/b/')).toEqual({ repositories: [models], model: 'b' });
    expect(await find('models/d')).toEqual({ repositories: [models], model: 'd' });
    expect(await find('models/c.onnx')).toEqual({ repositories: [models], model: 'c' });
    expect(await find('models/e.two.toy')).toEqual({ repositories: [models], model: 'e' });
    expect(await find('models/f')).toEqual({ repositories: [models], model: 'f' });
    expect(await find('e')).toEqual({ repositories: [models], model: 'e' });
    expect(await find('a')).toEqual({ repositories: [models], model: 'a' });
    expect(await find('c')).toEqual({ repositories: [models], model: 'c' });
    await expect(find('detektor')).rejects.toThrow(
      `detektor is neither a folder nor a model file, nor a model in ${models}; did you mean detector?`,
    );
  });
});

describe('checkRepositories', () => {
  it('says what to do about folders that cannot be served', async () => {
    await using folder = await createTempFolder({
      'empty/.hidden': '',
      file: '',
      'full/a.onnx': '',
      'models.config': 'x',
    });
    const at = (name: string) => join(folder.path, name);
    await checkRepositories([at('empty'), at('full')], false);
    await checkRepositories([at('empty')], true);
    await expect(checkRepositories([at('empty')], false)).rejects.toThrow(
      `there is no model in ${at('empty')}. Put one there as <model>/1/model.onnx or as a bare <model>.onnx, ` +
        'or name another folder: millrace serve <folder>',
    );
    await expect(checkRepositories([at('missing')], true)).rejects.toThrow(
      `the model repository ${at('missing')} does not exist. Create it, or name another folder: millrace serve <folder>`,
    );
    await expect(checkRepositories([at('file')], true)).rejects.toThrow(
      `the model repository ${at('file')} is a file. `,
    );
    await expect(checkRepositories([at('models.config')], true)).rejects.toThrow(`${at('models.config')}: 1:1: `);
    await expect(checkRepositories(['gs://bucket/models'], true)).rejects.toThrow(
      'the model repository gs://bucket/models: object storage is not read: copy it to this machine ' +
        '(`gcloud storage cp --recursive gs://bucket/models .`) or mount it, and name the folder',
    );
  });
});
