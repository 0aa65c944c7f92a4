import { promises as fs } from 'node:fs';
import path from 'node:path';
import { Type } from '@sinclair/typebox';
import { describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.js';
import { createTempFolder, type FolderContents, type TempFolder } from '../../test/support/model-folder.js';
import { EventBus } from '../core/index.js';
import { BUILT_IN_RUNTIMES, type RuntimeManifest, type TritonSettings } from '../runtimes/index.js';
import { createFolderRepository } from './folder-repository.js';
import type { ModelSource, Repository } from './types.js';
import { Uploads } from './uploads.js';

/** The repository `models` in a folder, with uploads in `uploads` beside it. */
function open(folder: TempFolder, runtimes: readonly RuntimeManifest[] = []): Repository {
  return createFolderRepository({
    paths: [path.join(folder.path, 'models')],
    runtimes: [...BUILT_IN_RUNTIMES, ...runtimes],
    options: { stableMs: 1_000 },
    clock: new FakeClock(),
    events: new EventBus(),
    uploadFolder: path.join(folder.path, 'uploads'),
  });
}

function createRepository(models: FolderContents): Promise<TempFolder> {
  const inFolder = Object.entries(models).map(([name, content]) => [`models/${name}`, content] as const);
  return createTempFolder({ 'models/': '', 'uploads/': '', ...Object.fromEntries(inFolder) });
}

function uploadsIn(folder: TempFolder): Promise<string[]> {
  return fs.readdir(path.join(folder.path, 'uploads'));
}

function files(...names: readonly string[]): ReadonlyMap<string, Uint8Array> {
  return new Map(names.map((name) => [name, Buffer.from(`content of ${name}`)]));
}

function exists(file: string): Promise<boolean> {
  return fs.access(file).then(
    () => true,
    () => false,
  );
}

describe('a configuration that comes with a load request', () => {
  it("replaces the one on disk, in Triton's form or ours", async () => {
    await using folder = await createRepository({
      'm/1/model.onnx': '',
      'm/2/model.onnx': '',
      'm/model.yaml': 'versions: all',
    });
    const repository = open(folder);
    const load = async (configOverride: string) => (await repository.scan({ name: 'm', configOverride })).sources;
    expect((await load('{"maxBatchSize": 3}')).map(({ version, config }) => [version, config])).toEqual([
      [2, { maxBatchSize: 3 }],
    ]);
    const triton = await load(
      '{"backend":"onnxruntime","max_batch_size":5,"version_policy":{"specific":{"versions":[1]}}}',
    );
    expect(triton.map(({ version, config }) => [version, config.maxBatchSize])).toEqual([[1, 5]]);
    expect((await load('{"parameters":{"k":{"string_value":"v"}}}'))[0]?.config.parameters).toEqual({ k: 'v' });
    expect((await load('{}'))[0]?.config).toEqual({});
    expect((await repository.scan({ name: 'm' })).sources).toHaveLength(2);
  });

  it('gives way to a file that was written after it was given', async () => {
    await using folder = await createRepository({ 'm/1/model.onnx': '', 'm/model.yaml': 'maxBatchSize: 8' });
    const repository = open(folder);
    const file = path.join(folder.path, 'models/m/model.yaml');
    const load = async (configOverrideAt: number) => {
      const scan = await repository.scan({ name: 'm', configOverride: '{"maxBatchSize":3}', configOverrideAt });
      return scan.sources[0]?.config.maxBatchSize;
    };
    const { mtimeMs } = await fs.stat(file);
    expect(await load(mtimeMs + 1_000)).toBe(3);
    expect(await load(mtimeMs - 1_000)).toBe(8);
    await fs.rm(file);
    expect(await load(mtimeMs - 1_000)).toBe(3);
  });

  it('changes fingerprint and digest', async () => {
    await using folder = await createRepository({ 'm/1/model.onnx': '' });
    const repository = open(folder);
    const [plain] = (await repository.scan()).sources;
    const [configured] = (await repository.scan({ name: 'm', configOverride: '{"maxBatchSize":3}' })).sources;
    expect(configured?.fingerprint).not.toBe(plain?.fingerprint);
    expect(configured?.digest).not.toBe(plain?.digest);
  });

  it('finds nothing where there is no such model', async () => {
    await using folder = await createRepository({ 'm/1/model.onnx': '' });
    const scan = await open(folder).scan({ name: 'n', configOverride: '{}' });
    expect(scan).toMatchObject({ sources: [], problems: [], names: [] });
  });

  const SCRIPTS = {
    'm/1/model.onnx': '',
    'm/1/model.onnx.js': '',
    'm/1/model.js': '',
    'm/1/lib/other.ts': '',
    'm/model.yaml': 'runtime: onnx\nfile: model.onnx',
    's/1/model.ts': '',
    's/1/other.ts': '',
    's/model.yaml': 'parameters: { bias: "1" }',
    'broken/1/model.ts': '',
    'broken/model.yaml': 'runtime: [',
  };

  it.each([
    ['m', '{"runtime":"script"}', "version 1 would run the script 'model.js'"],
    ['m', '{"runtime":"script","file":"model.onnx.js"}', "version 1 would run the script 'model.onnx.js'"],
    ['m', '{"runtime":"script","file":"model.onnx"}', "version 1 would run the script 'model.onnx'"],
    ['m', '{"file":"lib/other.ts"}', "version 1 would run the script 'other.ts'"],
    ['m', '{"backend":"millrace"}', "version 1 would run the script 'model.js'"],
    ['m', '{"default_model_filename":"lib/other.ts"}', "version 1 would run the script 'other.ts'"],
    ['s', '{"file":"other.ts"}', "version 1 would run the script 'other.ts'"],
    ['broken', '{}', "version 1 would run the script 'model.ts'"],
  ])('of %s is refused where it would choose a program: %s', async (name, configOverride, what) => {
    await using folder = await createRepository(SCRIPTS);
    await expect(open(folder).scan({ name, configOverride })).rejects.toMatchObject({
      code: 'invalid_argument',
      message: `configuration given for model '${name}': ${what}, which can be chosen in the model's own files only`,
    });
  });

  it.each([
    '{"maxBatchSize":3}',
    '{"maxBatchSize":3,"parameters":{"bias":"1"}}',
    '{"backend":"millrace","max_batch_size":3,"parameters":{"bias":{"string_value":"1"}}}',
  ])('of a script may set anything else: %s', async (configOverride) => {
    await using folder = await createRepository(SCRIPTS);
    const { sources } = await open(folder).scan({ name: 's', configOverride });
    expect(sources.map(({ path: file, config }) => [path.basename(file), config.maxBatchSize])).toEqual([
      ['model.ts', 3],
    ]);
  });

  it.each(['{"parameters":{"bias":"2"}}', '{"backend":"millrace","parameters":{"bias":{"string_value":"2"}}}'])(
    'of a script is refused where it gives that other parameters: %s',
    async (configOverride) => {
      await using folder = await createRepository(SCRIPTS);
      await expect(open(folder).scan({ name: 's', configOverride })).rejects.toMatchObject({
        code: 'invalid_argument',
        message: "configuration given for model 's': parameters of a script can be set in the model's own files only",
      });
    },
  );

  const labelled = (file: string) => JSON.stringify({ outputs: [{ name: 'y', labels: file }] });

  it.each([
    ['m', labelled('.secret'), "labels of output 'y': '.secret'"],
    ['m', labelled('.hidden/labels.txt'), "labels of output 'y': '.hidden/labels.txt'"],
    ['m', labelled('1/model.ts'), "labels of output 'y': '1/model.ts'"],
    ['m', '{"output":[{"name":"y","label_filename":".secret"}]}', "labels of output 'y': '.secret'"],
    ['m', '{"warmup":[{"name":"w","inputs":{"x":{"data":{"file":".secret"}}}}]}', "warm-up 'w', input 'x': '.secret'"],
    [
      'm',
      '{"sequenceBatching":{"states":[{"input":"s","output":"t","datatype":"FP32","shape":[1],"initial":{"file":".secret"}}]}}',
      "initial state of 's': '.secret'",
    ],
    ['bare', labelled('m/labels.txt'), "labels of output 'y': 'm/labels.txt'"],
    ['bare', labelled('other.txt'), "labels of output 'y': 'other.txt'"],
  ])(
    'of %s is refused where it would show a file that is no data of the model: %s',
    async (name, configOverride, what) => {
      await using folder = await createRepository({
        'm/1/model.onnx': '',
        'm/1/model.ts': '',
        'm/labels.txt': 'a',
        'm/.secret': '',
        'm/.hidden/labels.txt': '',
        'bare.onnx': '',
        'other.txt': '',
      });
      await expect(open(folder).scan({ name, configOverride })).rejects.toMatchObject({
        code: 'invalid_argument',
        message: `configuration given for model '${name}': ${what} can be named in the model's own files only`,
      });
    },
  );

  it('names files that are data of the model', async () => {
    await using folder = await createRepository({ 'm/1/model.onnx': '', 'm/labels.txt': 'a\nb' });
    for (const file of ['labels.txt', './labels.txt']) {
      const { sources } = await open(folder).scan({ name: 'm', configOverride: labelled(file) });
      expect(sources.map(({ labels }) => labels)).toEqual([{ y: ['a', 'b'] }]);
    }
  });

  it("is refused in Triton's form for a key of a runtime from outside that is for the model's own files only", async () => {
    const fromTriton = ({ parameters: { library } }: TritonSettings) => ({
      options: library === undefined ? undefined : { library: library.string_value },
    });
    const toy: RuntimeManifest = {
      name: 'toy',
      contractVersion: 1,
      files: { endings: ['.toy'] },
      options: Type.Object({ library: Type.Optional(Type.String()) }),
      triton: { backends: ['toy'], fromTriton },
      configProblem: () => 'it was looked at before it was refused',
    };
    await using folder = await createRepository({ 'm/1/model.toy': '' });
    const configOverride = '{"backend":"toy","parameters":{"library":{"string_value":"/tmp/evil.so"}}}';
    await expect(open(folder, [toy]).scan({ name: 'm', configOverride })).rejects.toMatchObject({
      code: 'invalid_argument',
      message: "configuration given for model 'm': toy.library can be set in the model's own files only",
    });
  });

  it.each([
    ['{nope', "configuration given for model 'm': not valid JSON: Expected property name or '}' in JSON at position 1"],
    ['{"foo": 1}', "configuration given for model 'm': 1:2: unknown key 'foo'"],
    ['[]', "configuration given for model 'm': 1:1: expected a map with name, runtime, platform, got an empty list"],
    [
      '{"backend": "onnxruntime", "foo": 1}',
      'configuration given for model \'m\': cannot decode message ModelConfig from JSON: key "foo" is unknown',
    ],
    [
      '{"backend": "onnxruntime", "max_batch_size": -4}',
      "configuration given for model 'm': max_batch_size: expected at least 0, got -4",
    ],
    [
      '{"maxBatchSize": 4, "batching": {"preferredBatchSizes": [8]}}',
      "configuration given for model 'm': batching.preferredBatchSizes: 8 is over maxBatchSize 4",
    ],
  ])('is refused when it is %s', async (configOverride, message) => {
    await using folder = await createRepository({ 'm/1/model.onnx': '' });
    const scan = open(folder).scan({ name: 'm', configOverride });
    await expect(scan).rejects.toMatchObject({ code: 'invalid_argument', message: expect.stringContaining(message) });
  });
});

describe('files that come with a load request', () => {
  it("replace the model's folder and lie where only this user can read them", async () => {
    await using folder = await createRepository({ 'm/1/model.onnx': 'on disk' });
    const repository = open(folder);
    const fileOverrides = files('7/model.onnx', 'labels.txt');
    const configOverride = '{"outputs":[{"name":"y","labels":"labels.txt"}]}';
    const { sources, unsettled } = await repository.scan({ name: 'm', configOverride, fileOverrides });
    expect(unsettled).toEqual([]);
    expect(sources.map(({ name, version, repository: from }) => [name, version, from])).toEqual([
      ['m', 7, path.join(folder.path, 'models')],
    ]);
    const [source] = sources as [ModelSource];
    expect(await fs.readFile(source.path, 'utf8')).toBe('content of 7/model.onnx');
    expect(source.labels).toEqual({ y: ['content of labels.txt'] });
    expect((await fs.stat(source.modelFolder)).mode & 0o077).toBe(0);
    await repository.close();
    expect(await exists(source.modelFolder)).toBe(false);
  });

  it.each([
    ['1/model.ts', '{}'],
    ['1/model.mjs', '{"runtime":"script"}'],
    ['1/model.js', '{"backend":"millrace"}'],
  ])('are refused when they are code: %s', async (name, configOverride) => {
    await using folder = await createRepository({ 'm/1/model.onnx': '' });
    const repository = open(folder);
    const scan = repository.scan({ name: 'm', configOverride, fileOverrides: files(name) });
    await expect(scan).rejects.toMatchObject({
      code: 'invalid_argument',
      message: "model 'm' would be a script, and no code comes over the network; put it into a model repository",
    });
    expect(await uploadsIn(folder)).toEqual([]);
  });

  it('make a model that no repository has', async () => {
    await using folder = await createRepository({ 'm/1/model.onnx': '' });
    const repository = open(folder);
    const scan = await repository.scan({ name: 'new', configOverride: '{}', fileOverrides: files('1/model.onnx') });
    expect(scan.sources.map(({ name, version }) => [name, version])).toEqual([['new', 1]]);
    expect(scan.names).toEqual(['new']);
    await repository.close();
  });

  it('are removed with the last version that uses them', async () => {
    await using folder = await createRepository({ 'm/1/model.onnx': '' });
    const repository = open(folder);
    const fileOverrides = files('1/model.onnx', '2/model.onnx');
    const { sources } = await repository.scan({ name: 'm', configOverride: '{"versions":"all"}', fileOverrides });
    const [first, second] = sources as [ModelSource, ModelSource];
    await repository.discard(first);
    expect(await exists(second.path)).toBe(true);
    await repository.discard(second);
    expect(await exists(second.modelFolder)).toBe(false);
    await repository.discard(second);
  });

  it('leave nothing in memory when they are removed', async () => {
    await using folder = await createRepository({});
    const removed: string[] = [];
    const uploads = new Uploads(path.join(folder.path, 'uploads'), (gone) => removed.push(gone));
    const written = await uploads.write(files('1/model.onnx'));
    await uploads.keep(written, []);
    expect(removed).toEqual([written]);
    await uploads.close();
  });

  it('are removed at once when nothing of them can be served', async () => {
    await using folder = await createRepository({});
    const repository = open(folder);
    const scan = await repository.scan({ name: 'm', configOverride: '{}', fileOverrides: files('1/model.pt') });
    expect(scan.problems.map((problem) => problem.reason)).toEqual([
      'm/1 holds model.pt: a PyTorch model; export it with torch.onnx.export',
    ]);
    expect(await uploadsIn(folder)).toEqual([]);
  });

  it('leave a source from disk alone when that is discarded', async () => {
    await using folder = await createRepository({ 'm/1/model.onnx': '' });
    const repository = open(folder);
    const { sources } = await repository.scan();
    await repository.discard(sources[0] as ModelSource);
    expect(await exists(path.join(folder.path, 'models/m/1/model.onnx'))).toBe(true);
  });

  it.each([
    ['../evil', "file '../evil' must not contain '..'"],
    ['1/../../evil', "file '1/../../evil' must not contain '..'"],
    ['/etc/passwd', "file '/etc/passwd' must be relative, not absolute"],
    ['C:\\evil', "file 'C:\\evil' must be relative, not absolute"],
    ['1\\model.onnx', "file '1\\model.onnx' is not a plain path"],
    ['1//model.onnx', "file '1//model.onnx' is not a plain path"],
    ['1/./model.onnx', "file '1/./model.onnx' is not a plain path"],
    ['1/', "file '1/' is not a plain path"],
    ['', "file '' is not a file name"],
    ['1/a\0b', "file '1/a\0b' is not a file name"],
    ['v1/model.onnx', "file 'v1/model.onnx' must begin with a version, as in '1/model.onnx'"],
    [`1/${'x'.repeat(201)}`, `file '1/${'x'.repeat(201)}' has a name of more than 200 characters`],
    [`1/${'x/'.repeat(300)}y`, `file '1/${'x/'.repeat(249)}' has a path of more than 500 characters`],
  ])('are refused when they are called %j', async (name, message) => {
    await using folder = await createRepository({});
    const scan = open(folder).scan({ name: 'm', configOverride: '{}', fileOverrides: files('1/model.onnx', name) });
    await expect(scan).rejects.toMatchObject({ code: 'invalid_argument', message });
    expect(await uploadsIn(folder)).toEqual([]);
  });

  it('are refused when one is a folder of another, and leave nothing behind', async () => {
    await using folder = await createRepository({});
    const fileOverrides = files('1', '1/model.onnx');
    const scan = open(folder).scan({ name: 'm', configOverride: '{}', fileOverrides });
    await expect(scan).rejects.toMatchObject({
      code: 'invalid_argument',
      message: "file '1/model.onnx' is given twice",
    });
    expect(await uploadsIn(folder)).toEqual([]);
  });

  it('are refused without a configuration, without a model and in large numbers', async () => {
    await using folder = await createRepository({});
    const repository = open(folder);
    const fileOverrides = files('1/model.onnx');
    await expect(repository.scan({ name: 'm', fileOverrides })).rejects.toMatchObject({
      code: 'invalid_argument',
      message: "files were given for model 'm' without a configuration; give 'config' as well",
    });
    await expect(repository.scan({ configOverride: '{}', fileOverrides })).rejects.toMatchObject({
      code: 'invalid_argument',
      message: 'a configuration or files can be given for one model only; name it',
    });
    await expect(repository.scan({ name: '..', configOverride: '{}', fileOverrides })).rejects.toMatchObject({
      code: 'invalid_argument',
      message: "the model's name is not a name",
    });
    const many = files(...Array.from({ length: 1_001 }, (_, index) => `1/${index}`));
    const scan = repository.scan({ name: 'm', configOverride: '{}', fileOverrides: many });
    await expect(scan).rejects.toMatchObject({ message: '1001 files were given; expected at most 1000' });
  });
});

it.each([
  ['writeFile', 'ENOSPC', "file '1/model.onnx' of 4 bytes"],
  ['writeFile', 'EDQUOT', "file '1/model.onnx' of 4 bytes"],
  ['mkdtemp', 'ENOSPC', 'a folder for the files'],
] as const)(
  'says that the disk is full where %s fails with %s, and leaves nothing behind',
  async (method, code, what) => {
    await using parent = await createTempFolder();
    const uploads = new Uploads(parent.path, () => undefined);
    const cause = Object.assign(new Error(`${code}: no room`), { code });
    const failing = vi.spyOn(fs, method).mockRejectedValue(cause);
    await expect(uploads.write(new Map([['1/model.onnx', Buffer.from('onnx')]]))).rejects.toMatchObject({
      code: 'resource_exhausted',
      message: `the disk for uploaded models is full: there is no room for ${what}; free some, or set TMPDIR to another disk`,
      retryAfterMs: undefined,
      cause,
    });
    failing.mockRestore();
    expect(await fs.readdir(parent.path)).toEqual([]);
  },
);
