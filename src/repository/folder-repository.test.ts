import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.js';
import { createTempFolder, type TempFolder } from '../../test/support/model-folder.js';
import { EventBus } from '../core/index.js';
import { createFolderRepository } from './folder-repository.js';
import type { Repository, RepositoryScan } from './types.js';

const STABLE_MS = 1_000;

function open(paths: readonly string[], clock = new FakeClock(), events = new EventBus()): Repository {
  return createFolderRepository({ paths, options: { stableMs: STABLE_MS }, clock, events });
}

function served(scan: RepositoryScan): string[] {
  return scan.sources.map((source) => `${source.name}/${source.version}`);
}

async function scanOf(folder: TempFolder): Promise<RepositoryScan> {
  return open([folder.path]).scan();
}

describe('a repository finds', () => {
  it('models in version folders, without any configuration', async () => {
    await using folder = await createTempFolder({ 'mlp/1/model.onnx': 'a', 'mlp/2/model.onnx': 'b' });
    const scan = await scanOf(folder);
    expect(scan).toEqual({
      sources: [
        {
          name: 'mlp',
          version: 2,
          repository: folder.path,
          modelFolder: path.join(folder.path, 'mlp'),
          path: path.join(folder.path, 'mlp/2/model.onnx'),
          runtime: 'onnx',
          config: {},
          labels: {},
          digest: expect.stringMatching(/^[0-9a-f]{64}$/),
          fingerprint: expect.stringMatching(/^[0-9a-f]{32}$/),
        },
      ],
      problems: [],
      unsettled: [],
      notices: [],
      names: ['mlp'],
    });
  });

  it('bare model files, named after the file', async () => {
    await using folder = await createTempFolder({ 'b.onnx': '', 'a.onnx': '', 'a.onnx.data': '', 'readme.md': '' });
    const scan = await scanOf(folder);
    expect(served(scan)).toEqual(['a/1', 'b/1']);
    expect(scan.sources[0]?.path).toBe(path.join(folder.path, 'a.onnx'));
    expect(scan.problems).toEqual([]);
  });

  it('a model.yaml beside version folders', async () => {
    await using folder = await createTempFolder({
      'mlp/model.yaml': 'versions: all\nmaxBatchSize: 8\n',
      'mlp/1/model.onnx': '',
      'mlp/03/model.onnx': '',
    });
    const scan = await scanOf(folder);
    expect(served(scan)).toEqual(['mlp/1', 'mlp/3']);
    expect(scan.sources[0]?.config).toEqual({ versions: 'all', maxBatchSize: 8 });
  });
});
