import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeTgz } from '../../test/support/archives.js';
import { createTempFolder, type TempFolder } from '../../test/support/model-folder.js';
import { type RegistryServer, startRegistryServer } from '../../test/support/registry-server.js';
import { pullSetup, surroundings, textsIn } from '../../test/support/sources-fixture.js';
import { until } from '../../test/support/until.js';
import { EventBus, systemClock } from '../core/index.js';
import { Puller, type PullerSetup } from './puller.js';

const CONTENT = makeTgz([{ path: 'package/net.onnx', content: 'graph' }]);

let registry: RegistryServer;
let folder: TempFolder;
beforeEach(async () => {
  registry = await startRegistryServer();
  folder = await createTempFolder();
});
afterEach(async () => {
  await registry[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** One that may pull all of npm; begins to pull models by their names. */
function start(setup: Partial<PullerSetup> = {}) {
  const puller = new Puller({
    options: { allow: ['npm:*'], cacheFolder: path.join(folder.path, 'cache'), maxBytes: 100_000, timeoutMs: 60_000 },
    surroundings: surroundings(registry.env),
    names: pullSetup(folder.path).names,
    clock: systemClock,
    events: new EventBus(),
    ...setup,
  });
  const repository = path.join(folder.path, 'models');
  const pull = (name: string, signal = new AbortController().signal) =>
    puller
      .pull(
        { name, repository, folder: path.join(repository, name), source: `npm:${name}`, isDeclared: false },
        { signal, onProgress: () => undefined },
      )
      .then(
        ({ outcome }) => outcome,
        ({ code, message }) => `${code}: ${message}`,
      );
  return { puller, pull, repository };
}

describe('pulls for callers', () => {
  it('go one after the other, and who leaves while he waits costs nobody anything', async () => {
    registry.publishNpm('a', '1.0.0', { content: CONTENT, faults: [{ stallAfter: 10 }] });
    for (const name of ['b', 'c']) registry.publishNpm(name, '1.0.0', { content: CONTENT });
    const { pull, repository } = start();
    const [slow, waiting] = [new AbortController(), new AbortController()];
    const pulls = [pull('a', slow.signal), pull('b', waiting.signal), pull('c')];
    await until('the first one has stalled', () => registry.stalled === 1);
    waiting.abort({ code: 'cancelled', message: 'the client has left' });
    expect(await pulls[1]).toBe('cancelled: the client has left');
    expect(registry.seen.map(({ url }) => url)).toEqual(['/npm/a', '/files/a-1.0.0.tgz']);
    slow.abort({ code: 'cancelled', message: 'so has this one' });
    expect(await Promise.all(pulls)).toEqual([
      'cancelled: so has this one',
      'cancelled: the client has left',
      'pulled',
    ]);
    expect(Object.keys(await textsIn(repository))).toEqual(['c/1/model.onnx', 'c/model.yaml', 'c/source.lock']);
  });

  it('are refused where 16 wait', async () => {
    registry.publishNpm('a', '1.0.0', { content: CONTENT, faults: [{ stallAfter: 10 }] });
    const { puller, pull } = start();
    const pulls = Array.from({ length: 18 }, () => pull('a'));
    expect(await pulls[17]).toBe('resource_exhausted: 16 models wait to be pulled already; try again later');
    await puller.close();
    expect(new Set(await Promise.all(pulls.slice(0, 17)))).toEqual(
      new Set(['unavailable: the server is shutting down']),
    );
  });

  it.each([
    ['ENOSPC', 'resource_exhausted: there is no room for it: ENOSPC: no space left on device, write'],
    ['EROFS', 'failed_precondition: it cannot be put into its place: EROFS: read-only file system, mkdir'],
  ])('say what the system refuses: %s', async (code, expected) => {
    registry.publishNpm('a', '1.0.0', { content: CONTENT });
    const isModel = () => {
      throw Object.assign(new Error(expected.slice(expected.indexOf(code))), { code, syscall: 'write' });
    };
    const { pull } = start({ names: { isModel, expected: '', samplingSection: () => undefined } });
    expect(await pull('a')).toBe(expected);
  });
});
