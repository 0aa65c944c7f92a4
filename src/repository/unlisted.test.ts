import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openRepository, served } from '../../test/support/folder-repository.js';
import { createTempFolder } from '../../test/support/model-folder.js';
import { checkFolders } from './check-folders.js';

const LIST = (...names: readonly string[]) =>
  `model_config_list { ${names.map((name) => `config { name: '${name}' base_path: 'm' }`).join(' ')} }`;

describe('a repository that cannot be listed', () => {
  it.each([
    ['damaged', LIST('a').slice(0, -3), /: 1:\d+: /],
    ['empty', '', /: expected 'model_config_list', got none$/],
    ['with a name twice', LIST('a', 'b', 'a'), /: model 'a' is listed twice$/],
    ['missing', undefined, / does not exist$/],
  ])('is a models.config that is %s', async (_what, text, reason) => {
    await using folder = await createTempFolder({ 'm/1/model.onnx': '', 'models.config': LIST('a') });
    const list = path.join(folder.path, 'models.config');
    const repository = openRepository([list]);
    expect(served(await repository.scan())).toEqual(['a/1']);
    if (text === undefined) await rm(list);
    else await writeFile(list, text);
    const { unlisted, notices } = await repository.scan();
    expect(unlisted).toEqual([{ repository: list, reason: expect.stringMatching(reason) }]);
    expect(notices.map(({ message }) => message)).toEqual(unlisted.map(({ reason: message }) => message));
    await expect(checkFolders([list], '')).rejects.toThrow(reason);
  });

  it('is no models.config that lists nothing', async () => {
    await using folder = await createTempFolder({ 'models.config': LIST() });
    const list = path.join(folder.path, 'models.config');
    expect(await openRepository([list]).scan()).toMatchObject({ unlisted: [], sources: [] });
    await expect(checkFolders([list], '')).resolves.toBeUndefined();
  });

  it.each([
    ['missing', 'does not exist', (root: string) => rm(root, { recursive: true })],
    [
      'replaced by a file',
      'is not a folder',
      (root: string) => rm(root, { recursive: true }).then(() => writeFile(root, '')),
    ],
    // What is left below a mount point, and a folder that is being made anew. Its inode may be that of the one before.
    [
      'another one with nothing in it',
      'is not the folder that it was, and holds no model',
      (root: string) => rm(root, { recursive: true }).then(() => mkdir(root)),
    ],
  ])('is a folder that is %s', async (_what, problem, harm) => {
    await using folder = await createTempFolder({ 'root/m/1/model.onnx': '' });
    const root = path.join(folder.path, 'root');
    const repository = openRepository([root]);
    expect(await repository.scan()).toMatchObject({ unlisted: [] });
    await harm(root);
    const expected = [{ repository: root, reason: `model repository ${root} ${problem}` }];
    expect((await repository.scan()).unlisted).toEqual(expected);
    expect((await repository.scan()).unlisted).toEqual(expected);
  });

  it('is no folder that was replaced by one with models, or that was emptied', async () => {
    await using folder = await createTempFolder({ 'root/m/1/model.onnx': '', 'new/n/1/model.onnx': '' });
    const root = path.join(folder.path, 'root');
    const repository = openRepository([root]);
    await repository.scan();
    await rm(root, { recursive: true });
    await rename(path.join(folder.path, 'new'), root);
    expect(await repository.scan()).toMatchObject({ unlisted: [], names: ['n'] });
    await rm(path.join(root, 'n'), { recursive: true });
    expect(await repository.scan()).toMatchObject({ unlisted: [], names: [] });
  });

  it('is no symbolic link that leads elsewhere now, as in volumes of Kubernetes, to models or to nothing', async () => {
    await using folder = await createTempFolder({ 'v1/m/1/model.onnx': '', 'v2/m/2/model.onnx': '', 'v3/.keep': '' });
    const at = (name: string) => path.join(folder.path, name);
    const lead = async (to: string) => {
      await symlink(to, at('..data_tmp'));
      await rename(at('..data_tmp'), at('..data'));
    };
    await lead('v1');
    const repository = openRepository([at('..data')]);
    const found = [];
    for (const version of ['v1', 'v2', 'v3']) {
      await lead(version);
      const { names, unlisted } = await repository.scan();
      found.push([names, unlisted]);
    }
    expect(found).toEqual([
      [['m'], []],
      [['m'], []],
      [[], []],
    ]);
  });
});
