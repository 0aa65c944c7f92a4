import { describe, expect, it } from 'vitest';
import { ONNX } from '../runtimes/onnx/manifest.js';
import { diffScan } from './diff-scan.js';
import type { ModelSource, RepositoryScan } from './types.js';

function source(name: string, version: number, fingerprint = 'f'): ModelSource {
  return {
    name,
    version,
    fingerprint,
    repository: '/models',
    modelFolder: `/models/${name}`,
    path: `/models/${name}/${version}/model.onnx`,
    runtime: 'onnx',
    manifest: ONNX,
    config: {},
    labels: {},
    sizeBytes: 0,
    digest: '',
  };
}

function scan(parts: Partial<RepositoryScan>): RepositoryScan {
  return { sources: [], problems: [], unsettled: [], unselected: [], notices: [], unlisted: [], names: [], ...parts };
}

describe('diffScan', () => {
  it('tells added, changed, removed and unchanged versions apart', () => {
    const [same, before, after, gone, added] = [
      source('a', 1),
      source('a', 2, 'old'),
      source('a', 2, 'new'),
      source('b', 1),
      source('c', 1),
    ];
    const changes = diffScan([same, before, gone], scan({ sources: [same, after, added] }));
    expect(changes).toEqual({
      added: [added],
      changed: [{ from: before, to: after }],
      removed: [gone],
      sources: [same, after, added],
    });
  });

  it('keeps a version whose files are being written', () => {
    const edited = source('a', 1);
    const changes = diffScan([edited], scan({ unsettled: [{ name: 'a', version: 1, settlesInMs: 100 }] }));
    expect(changes).toEqual({ added: [], changed: [], removed: [], sources: [edited] });
  });

  it('keeps all versions of a model whose configuration broke, and a version that became unreadable', () => {
    const [a1, a2, b1, b2] = [source('a', 1), source('a', 2), source('b', 1), source('b', 2)];
    const problem = { repository: '/models', reason: 'broken' };
    const problems = [
      { ...problem, name: 'a', version: undefined },
      { ...problem, name: 'b', version: 1 },
    ];
    const changes = diffScan([a1, a2, b1, b2], scan({ problems }));
    expect(changes.removed).toEqual([b2]);
    expect(changes.sources).toEqual([a1, a2, b1]);
  });
});
