import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.js';
import { createTempFolder, type FolderContents, type TempFolder } from '../../test/support/model-folder.js';
import { EventBus } from '../core/index.js';
import { BUILT_IN_RUNTIMES } from '../runtimes/index.js';
import { diffScan } from './diff-scan.js';
import { createFolderRepository } from './folder-repository.js';
import type { ModelSource, Repository } from './types.js';

interface Watched extends AsyncDisposable {
  readonly folder: TempFolder;
  readonly clock: FakeClock;
  /** Writes files at this moment. */
  write(contents: FolderContents): Promise<void>;
  /** What a look finds: `+m/1` added, `~m/1` changed, `-m/1` removed, `?m/1` unsettled, `!m/1` a problem. */
  look(): Promise<string[]>;
}

async function watch(contents: FolderContents): Promise<Watched> {
  const folder = await createTempFolder(contents);
  const clock = new FakeClock();
  const events = new EventBus();
  const repository: Repository = createFolderRepository({
    paths: [folder.path],
    runtimes: BUILT_IN_RUNTIMES,
    options: { stableMs: 1_000 },
    clock,
    events,
  });
  let current: readonly ModelSource[] = [];
  return {
    folder,
    clock,
    write: (more) => folder.write(more, clock.wallNow()),
    async look() {
      const scan = await repository.scan();
      const { added, changed, removed, sources } = diffScan(current, scan);
      current = sources;
      const show = (sign: string, list: readonly { name: string; version: number | undefined }[]) =>
        list.map(({ name, version }) => `${sign}${name}/${version ?? '*'}`);
      return [
        ...show('+', added),
        ...show(
          '~',
          changed.map(({ to }) => to),
        ),
        ...show('-', removed),
        ...show('?', scan.unsettled),
        ...show('!', scan.problems),
      ];
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

describe('following a repository', () => {
  it('loads what is there at once and changes nothing while nothing changes', async () => {
    await using watched = await watch({ 'm/1/model.onnx': 'a' });
    expect(await watched.look()).toEqual(['+m/1']);
    expect(await watched.look()).toEqual([]);
  });

  it('takes a new version over only when it is whole', async () => {
    await using watched = await watch({ 'm/1/model.onnx': 'a' });
    await watched.look();
    await watched.write({ 'm/2/model.onnx': 'ha' });
    expect(await watched.look()).toEqual(['?m/2']);
    await watched.clock.advance(900);
    await watched.write({ 'm/2/model.onnx': 'half-cop' });
    expect(await watched.look()).toEqual(['?m/2']);
    await watched.clock.advance(900);
    expect(await watched.look()).toEqual(['?m/2']);
    await watched.clock.advance(100);
    expect(await watched.look()).toEqual(['+m/2', '-m/1']);
  });

  it('waits for a second file that is still being copied under a temporary name', async () => {
    await using watched = await watch({ 'm/1/model.onnx': 'a' });
    await watched.write({ 'm/1/.weights.bin.Xa81': 'half' });
    expect(await watched.look()).toEqual(['?m/1']);
    await watched.clock.advance(1_000);
    expect(await watched.look()).toEqual(['+m/1']);
  });

  it('keeps serving a version that is being edited, and reloads it afterwards', async () => {
    await using watched = await watch({ 'm/1/model.onnx': 'a', 'm/2/model.onnx': 'b' });
    expect(await watched.look()).toEqual(['+m/2']);
    await watched.write({ 'm/2/model.onnx': 'b, edited' });
    expect(await watched.look()).toEqual(['?m/2']);
    await watched.clock.advance(1_000);
    expect(await watched.look()).toEqual(['~m/2']);
  });

  it('reloads when configuration or labels change', async () => {
    await using watched = await watch({
      'm/1/model.onnx': 'a',
      'm/model.yaml': 'outputs: [{ name: y, labels: l.txt }]',
      'm/l.txt': 'a\n',
    });
    expect(await watched.look()).toEqual(['+m/1']);
    await watched.write({ 'm/l.txt': 'b\n' });
    await watched.clock.advance(1_000);
    expect(await watched.look()).toEqual(['~m/1']);
    await watched.write({ 'm/model.yaml': '# no labels' });
    await watched.clock.advance(1_000);
    expect(await watched.look()).toEqual(['~m/1']);
  });

  it('keeps serving while the configuration is broken', async () => {
    await using watched = await watch({ 'm/1/model.onnx': 'a' });
    await watched.look();
    await watched.write({ 'm/config.pbtxt': 'max_batch_size: 4 broken' });
    expect(await watched.look()).toEqual(['?m/1']);
    await watched.clock.advance(1_000);
    expect(await watched.look()).toEqual(['!m/*']);
    await watched.write({ 'm/config.pbtxt': 'max_batch_size: 4' });
    await watched.clock.advance(1_000);
    expect(await watched.look()).toEqual(['~m/1']);
  });

  it('does not judge a model whose configuration or labels are just being copied', async () => {
    await using watched = await watch({ 'm/1/model.onnx': 'a' });
    await watched.write({ 'm/model.yaml': 'outputs: [{ name: y, lab' });
    expect(await watched.look()).toEqual(['?m/1']);
    await watched.write({ 'm/model.yaml': 'outputs: [{ name: y, labels: l.txt }]' });
    expect(await watched.look()).toEqual(['?m/1']);
    await watched.write({ 'm/l.txt': 'a' });
    await watched.clock.advance(1_000);
    expect(await watched.look()).toEqual(['+m/1']);
  });

  it('does not judge a version folder that is just being filled', async () => {
    await using watched = await watch({ 'm/1/model.onnx': 'a' });
    await watched.write({ 'm/2/': '', 'm/2/readme.md': '' });
    expect(await watched.look()).toEqual(['+m/1', '?m/2']);
    await watched.clock.advance(1_000);
    expect(await watched.look()).toEqual(['!m/2']);
    await watched.write({ 'm/2/model.onnx': 'b' });
    await watched.clock.advance(1_000);
    expect(await watched.look()).toEqual(['+m/2', '-m/1']);
  });

  it('follows removed versions and models', async () => {
    await using watched = await watch({ 'm/1/model.onnx': 'a', 'm/2/model.onnx': 'b', 'n.onnx': 'c' });
    expect(await watched.look()).toEqual(['+m/2', '+n/1']);
    await watched.folder.remove('m/2');
    await watched.folder.remove('n.onnx');
    expect(await watched.look()).toEqual(['+m/1', '-m/2', '-n/1']);
    await watched.folder.remove('m');
    expect(await watched.look()).toEqual(['-m/1']);
  });

  it('reloads a bare model whose weights file changes', async () => {
    await using watched = await watch({ 'm.onnx': 'a', 'm.onnx.data': 'weights', 'm.onnx2': 'other' });
    expect(await watched.look()).toEqual(['+m/1']);
    await watched.write({ 'm.onnx2': 'changed' });
    expect(await watched.look()).toEqual([]);
    await watched.write({ 'm.onnx.data': 'changed' });
    await watched.clock.advance(1_000);
    expect(await watched.look()).toEqual(['~m/1']);
  });
});

describe('the digest', () => {
  it('covers content and configuration, not times and places', async () => {
    const digestOf = async (contents: FolderContents): Promise<string | undefined> => {
      await using folder = await createTempFolder(contents);
      const setup = {
        runtimes: BUILT_IN_RUNTIMES,
        options: { stableMs: 1_000 },
        clock: new FakeClock(),
        events: new EventBus(),
      };
      const { sources } = await createFolderRepository({ ...setup, paths: [folder.path] }).scan();
      return sources[0]?.digest;
    };
    const base = { 'm/1/model.onnx': 'a', 'm/1/model.onnx.data': 'b', 'm/model.yaml': 'maxBatchSize: 1' };
    const digest = await digestOf(base);
    expect(await digestOf({ ...base })).toBe(digest);
    expect(await digestOf({ ...base, 'm/1/model.onnx.data': 'c' })).not.toBe(digest);
    expect(await digestOf({ ...base, 'm/model.yaml': 'maxBatchSize: 2' })).not.toBe(digest);
    expect(await digestOf({ ...base, 'm/readme.md': 'not part of the model' })).toBe(digest);
  });
});
