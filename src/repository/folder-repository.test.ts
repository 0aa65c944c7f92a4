import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openRepository, scanOf, served } from '../../test/support/folder-repository.js';
import { createTempFolder, type FolderContents } from '../../test/support/model-folder.js';
import { ONNX } from '../runtimes/onnx/manifest.js';

describe('a repository finds', () => {
  it('models in version folders, without any configuration', async () => {
    await using folder = await createTempFolder({ 'mlp/1/model.onnx': 'a', 'mlp/2/model.onnx': 'b' });
    expect(await scanOf(folder)).toEqual({
      sources: [
        {
          name: 'mlp',
          version: 2,
          repository: folder.path,
          modelFolder: path.join(folder.path, 'mlp'),
          path: path.join(folder.path, 'mlp/2/model.onnx'),
          sizeBytes: 1,
          runtime: 'onnx',
          manifest: ONNX,
          config: {},
          labels: {},
          digest: expect.stringMatching(/^[0-9a-f]{64}$/),
          fingerprint: expect.stringMatching(/^[0-9a-f]{32}$/),
        },
      ],
      problems: [],
      unsettled: [],
      unselected: [{ name: 'mlp', version: 1, policy: 'the latest version' }],
      notices: [],
      unlisted: [],
      names: ['mlp'],
    });
  });

  it('models in a folder whose name is like that of a list of models', async () => {
    await using folder = await createTempFolder({
      'models.conf/a/1/model.onnx': '',
      'models.config/b/1/model.onnx': '',
    });
    const paths = ['models.conf', 'models.config'].map((name) => path.join(folder.path, name));
    const scan = await openRepository(paths).scan();
    expect(served(scan)).toEqual(['a/1', 'b/1']);
    expect(scan.notices).toEqual([]);
  });

  const layouts: readonly [string, FolderContents, readonly string[]][] = [
    [
      'bare model files, named after the file',
      { 'b.onnx': '', 'a.onnx': '', 'a.onnx.data': '', 'readme.md': '' },
      ['a/1', 'b/1'],
    ],
    [
      'a model.yaml beside version folders',
      { 'm/model.yaml': 'versions: all', 'm/1/model.onnx': '', 'm/3/model.onnx': '' },
      ['m/1', 'm/3'],
    ],
    [
      'a config.pbtxt beside version folders',
      { 'm/config.pbtxt': 'version_policy { specific { versions: [1] } }', 'm/1/model.onnx': '', 'm/3/model.onnx': '' },
      ['m/1'],
    ],
    ['a version folder with a leading zero', { 'm/01/model.onnx': '' }, ['m/1']],
    ['version 10 above version 9', { 'm/9/model.onnx': '', 'm/10/model.onnx': '' }, ['m/10']],
    ['a model folder without version folders, as version 1', { 'm/model.yaml': '', 'm/model.onnx': '' }, ['m/1']],
    ['a single ONNX file of any name', { 'm/1/net.onnx': '', 'm/1/net.onnx.data': '' }, ['m/1']],
    ['a model that needs no file', { 'e/model.yaml': 'runtime: echo' }, ['e/1']],
    ['a model that needs no file in an empty version folder', { 'e/model.yaml': 'runtime: echo', 'e/4/': '' }, ['e/4']],
    [
      'nothing in folders called 0, v2 or 1.0',
      { 'm/1/model.onnx': '', 'm/0/model.onnx': '', 'm/v2/model.onnx': '', 'm/1.0/model.onnx': '' },
      ['m/1'],
    ],
    [
      'nothing in what editors and copy tools leave behind',
      {
        'm/1/model.onnx': '',
        '.m/1/model.onnx': '',
        'n~/1/model.onnx': '',
        'b.onnx.part': '',
        'lost+found/1/model.onnx': '',
      },
      ['m/1'],
    ],
    [
      'the first of model.yaml and config.pbtxt',
      { 'm/model.yaml': 'versions: all', 'm/config.pbtxt': 'broken', 'm/1/model.onnx': '' },
      ['m/1'],
    ],
  ];
  it.each(layouts)('%s', async (_what, contents, expected) => {
    await using folder = await createTempFolder(contents);
    const scan = await scanOf(folder);
    expect(scan.problems).toEqual([]);
    expect(served(scan)).toEqual(expected);
  });

  it('the file that the configuration names', async () => {
    await using folder = await createTempFolder({
      'a/model.yaml': 'file: small.onnx',
      'a/1/small.onnx': '',
      'a/1/model.onnx': '',
      'b/config.pbtxt': 'default_model_filename: "sub/net.onnx"',
      'b/1/sub/net.onnx': '',
    });
    const scan = await scanOf(folder);
    expect(scan.sources.map((source) => path.relative(folder.path, source.path))).toEqual([
      'a/1/small.onnx',
      'b/1/sub/net.onnx',
    ]);
  });

  it('labels by output, read from the files that the configuration names', async () => {
    await using folder = await createTempFolder({
      'm/model.yaml': 'outputs: [{ name: y, labels: names.txt }, { name: z }]',
      'm/names.txt': 'cat\r\ndog\n\nbird\n',
      'm/1/model.onnx': '',
    });
    expect((await scanOf(folder)).sources[0]?.labels).toEqual({ y: ['cat', 'dog', '', 'bird'] });
  });

  it('models of several repositories, of namesakes that of the first', async () => {
    await using first = await createTempFolder({ 'a/1/model.onnx': '', 'b/1/model.onnx': '' });
    await using second = await createTempFolder({ 'b/2/model.onnx': '', 'c/1/model.onnx': '' });
    const scan = await openRepository([first.path, second.path, first.path]).scan();
    expect(served(scan)).toEqual(['a/1', 'b/1', 'c/1']);
    const message = `model 'b' in ${second.path} is not served: ${first.path} has one of that name`;
    expect(scan.notices).toEqual([{ repository: second.path, message }]);
  });

  it('only what it is asked for', async () => {
    await using first = await createTempFolder({ 'a/1/model.onnx': '', 'b/1/model.onnx': '' });
    await using second = await createTempFolder({ 'b/2/model.onnx': '' });
    const repository = openRepository([first.path, second.path]);
    expect(served(await repository.scan({ name: 'b' }))).toEqual(['b/1']);
    expect(served(await repository.scan({ name: 'b', repository: path.basename(second.path) }))).toEqual(['b/2']);
    expect(await repository.scan({ name: 'nothing' })).toMatchObject({ sources: [], problems: [], names: [] });
    expect(await repository.scan({ name: '../b' })).toMatchObject({ sources: [], problems: [], names: [] });
    await expect(repository.scan({ repository: 'third' })).rejects.toMatchObject({
      code: 'not_found',
      message: `there is no model repository 'third'; there is ${path.basename(first.path)}, ${path.basename(second.path)}`,
    });
  });
});

describe('a repository that is itself one model', () => {
  it('is found by its version folders', async () => {
    await using folder = await createTempFolder({
      'mlp/1/model.onnx': '',
      'mlp/2/model.onnx': '',
      'mlp/readme.md': '',
    });
    const scan = await openRepository([path.join(folder.path, 'mlp')]).scan();
    expect(served(scan)).toEqual(['mlp/2']);
    expect(scan.notices).toEqual([]);
  });

  it('is found by its configuration, which may give it a name', async () => {
    await using folder = await createTempFolder({
      'download/config.pbtxt': 'name: "mlp"',
      'download/1/model.onnx': '',
    });
    const repository = openRepository([path.join(folder.path, 'download')]);
    expect(served(await repository.scan())).toEqual(['mlp/1']);
    expect(served(await repository.scan({ name: 'mlp' }))).toEqual(['mlp/1']);
    expect(await repository.scan({ name: 'download' })).toMatchObject({ sources: [], names: [] });
  });

  it('is not taken for one when its folders are models with numbers for names', async () => {
    await using folder = await createTempFolder({ '1/1/model.onnx': '', '2/model.yaml': '', '2/model.onnx': '' });
    expect(served(await scanOf(folder))).toEqual(['1/1', '2/1']);
  });

  it('is not taken for one when other models lie beside its version folders', async () => {
    await using folder = await createTempFolder({ '1/model.onnx': '', 'mlp/1/model.onnx': '' });
    expect(served(await scanOf(folder))).toEqual(['1/1', 'mlp/1']);
  });
});

describe('a look at 1,000 models', () => {
  it('finds them all, and hashes none of them twice', async () => {
    const contents: Record<string, string> = {};
    for (let index = 0; index < 1_000; index++) contents[`m${index}/1/model.onnx`] = `model ${index}`;
    await using folder = await createTempFolder(contents);
    const repository = openRepository([folder.path]);
    const first = await repository.scan();
    const second = await repository.scan();
    expect(first.sources).toHaveLength(1_000);
    expect(new Set(first.sources.map((source) => source.digest)).size).toBe(1_000);
    expect(second).toEqual(first);
  });
});
