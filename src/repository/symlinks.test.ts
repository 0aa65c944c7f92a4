import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.js';
import { createTempFolder, type FolderContents } from '../../test/support/model-folder.js';
import { EventBus } from '../core/index.js';
import { BUILT_IN_RUNTIMES } from '../runtimes/index.js';
import { createFolderRepository } from './folder-repository.js';
import type { RepositoryScan } from './types.js';

const ADVICE = 'is a symbolic link that leads out of the repository; copy its target into the repository instead';

function scan(folder: string): Promise<RepositoryScan> {
  const setup = {
    runtimes: BUILT_IN_RUNTIMES,
    options: { stableMs: 1_000 },
    clock: new FakeClock(),
    events: new EventBus(),
  };
  return createFolderRepository({ ...setup, paths: [folder] }).scan();
}

describe('symbolic links inside the repository are followed', () => {
  it('to files, versions and models', async () => {
    await using folder = await createTempFolder({
      'a/1/model.onnx': 'a',
      'a/2': { link: '1' },
      'b/1/model.onnx': { link: '../../a/1/model.onnx' },
      c: { link: 'a' },
    });
    const { sources, problems } = await scan(folder.path);
    expect(problems).toEqual([]);
    expect(sources.map((source) => `${source.name}/${source.version}`)).toEqual(['a/2', 'b/1', 'c/2']);
  });

  it('when the repository itself is reached through one', async () => {
    await using folder = await createTempFolder({
      'real/mlp/1/model.onnx': '',
      link: { link: 'real' },
    });
    const { sources } = await scan(path.join(folder.path, 'link'));
    expect(sources[0]?.path).toBe(path.join(folder.path, 'link/mlp/1/model.onnx'));
  });

  it('as Kubernetes mounts configuration maps and secrets', async () => {
    await using folder = await createTempFolder({
      'mlp/..2024_06_15/config.pbtxt': 'max_batch_size: 4',
      'mlp/..2024_06_15/labels.txt': 'a\nb\n',
      'mlp/..data': { link: '..2024_06_15' },
      'mlp/config.pbtxt': { link: '..data/config.pbtxt' },
      'mlp/labels.txt': { link: '..data/labels.txt' },
      'mlp/1/model.onnx': '',
    });
    const { sources, problems } = await scan(folder.path);
    expect(problems).toEqual([]);
    expect(sources[0]?.config.maxBatchSize).toBe(4);
  });

  it('in a circle without end only as far as makes sense', async () => {
    await using folder = await createTempFolder({
      'good/1/model.onnx': '',
      'loop/1/model.onnx': '',
      'loop/1/again': { link: '.' },
      'self/1': { link: '1' },
    });
    const { sources, problems } = await scan(folder.path);
    expect(sources.map((source) => source.name)).toEqual(['good']);
    expect(problems.map((problem) => problem.reason)).toEqual(['loop/1 folders are nested deeper than 16']);
  });

  it('unless they dangle', async () => {
    await using folder = await createTempFolder({ 'm/1/model.onnx': '', 'm/1/notes': { link: 'nowhere' } });
    expect((await scan(folder.path)).sources).toHaveLength(1);
  });
});

describe('symbolic links out of the repository are refused', () => {
  const cases: readonly [string, FolderContents, string][] = [
    ['a model folder', { 'models/m': { link: '../outside/m' } }, `'m' ${ADVICE}`],
    ['a bare model', { 'models/m.onnx': { link: '../outside/m/1/model.onnx' } }, `'m.onnx' ${ADVICE}`],
    ['a version', { 'models/m/1': { link: '../../outside/m/1' } }, `m/1 ${ADVICE}`],
    [
      'a model file',
      { 'models/m/1/model.onnx': { link: '../../../outside/m/1/model.onnx' } },
      `m/1 holds 'model.onnx', which ${ADVICE}`,
    ],
    [
      'any other file of a version',
      { 'models/m/1/model.onnx': '', 'models/m/1/deep/weights': { link: '/etc/hostname' } },
      `m/1 holds 'deep/weights', which ${ADVICE}`,
    ],
    [
      'a configuration',
      { 'models/m/1/model.onnx': '', 'models/m/model.yaml': { link: '../../outside/model.yaml' } },
      `'m/model.yaml' ${ADVICE}`,
    ],
    [
      'labels',
      {
        'models/m/1/model.onnx': '',
        'models/m/model.yaml': 'outputs: [{ name: y, labels: labels.txt }]',
        'models/m/labels.txt': { link: '../../outside/labels.txt' },
      },
      `labels of output 'y': 'labels.txt' ${ADVICE} (looked for in folder 'm')`,
    ],
  ];
  it.each(cases)('for %s', async (_what, contents, reason) => {
    await using folder = await createTempFolder({
      'outside/m/1/model.onnx': '',
      'outside/model.yaml': '',
      'outside/labels.txt': '',
      'models/good/1/model.onnx': '',
      ...contents,
    });
    const { sources, problems } = await scan(path.join(folder.path, 'models'));
    expect(sources.map((source) => source.name)).toEqual(['good']);
    expect(problems.map((problem) => problem.reason)).toEqual([reason]);
  });
});
