import { describe, expect, it } from 'vitest';
import { createFixture, source } from '../../test/support/controller-fixture.js';
import { MillraceError } from '../core/index.js';

describe('ModelController at start', () => {
  it('loads everything found and shows what is broken with its reason', async () => {
    const { controller, engine, repository, states } = createFixture();
    repository.content = {
      sources: [source('a', 1), source('b', 2)],
      problems: [{ name: 'c', version: undefined, repository: 'repository', reason: 'config.pbtxt:3:1: no' }],
    };
    expect(controller.started).toBe(false);
    await controller.start();
    expect(controller.started).toBe(true);
    expect(states()).toEqual(['a/1 ready', 'b/2 ready', 'c/0 failed']);
    expect(engine.statusesOf('c')[0]?.state).toEqual({ kind: 'failed', reason: 'config.pbtxt:3:1: no' });
  });

  it('is fatal with all reasons in strict mode', async () => {
    const { controller, repository } = createFixture({ strict: true });
    repository.content = {
      sources: [source('a', 1)],
      problems: [{ name: 'c', version: 1, repository: 'repository', reason: 'no model file' }],
    };
    await expect(controller.start()).rejects.toMatchObject({
      code: 'failed_precondition',
      message: 'models failed to load: c: no model file',
    });
    expect(controller.started).toBe(false);
  });

  it('loads nothing but what is named in explicit mode, and everything for *', async () => {
    const named = createFixture({ controlMode: 'explicit', loadModels: ['b', 'ghost'] });
    named.repository.content = { sources: [source('a', 1), source('b', 1)] };
    await named.controller.start();
    expect(named.states()).toEqual(['b/1 ready', 'ghost/0 failed']);
    const all = createFixture({ controlMode: 'explicit', loadModels: ['*'] });
    all.repository.content = { sources: [source('a', 1), source('b', 1)] };
    await all.controller.start();
    expect(all.states()).toEqual(['a/1 ready', 'b/1 ready']);
  });

  it('waits for files that are still being written', async () => {
    const { clock, controller, repository, states } = createFixture();
    repository.content = { unsettled: [{ name: 'a', version: 1, settlesInMs: 300 }] };
    const started = controller.start();
    await clock.flush();
    repository.content = { sources: [source('a', 1)] };
    await clock.advance(300);
    await started;
    expect(states()).toEqual(['a/1 ready']);
  });
});

describe('a model whose files never come to rest', () => {
  const unsettled = [{ name: 'a', version: 1, settlesInMs: 1_000 }];
  const reason = 'its files are still changing';

  it('is shown as failed once the server has started without it, and is fatal in strict mode', async () => {
    const { clock, controller, engine, repository } = createFixture();
    repository.content = { sources: [source('b', 1)], unsettled };
    const started = controller.start();
    await clock.advance(30_000);
    await started;
    expect(engine.statuses().map(({ name, state }) => [name, state])).toEqual([
      ['a', { kind: 'failed', reason }],
      ['b', { kind: 'ready' }],
    ]);
    const strict = createFixture({ strict: true });
    strict.repository.content = { unsettled };
    const start = strict.controller.start().catch((error: unknown) => error);
    await strict.clock.advance(30_000);
    expect(await start).toMatchObject({ message: `models failed to load: a: ${reason}` });
  });

  it('is loaded after all when they do in poll mode', async () => {
    const { clock, controller, repository, states } = createFixture({ controlMode: 'poll' });
    repository.content = { unsettled };
    const started = controller.start();
    await clock.advance(30_000);
    await started;
    repository.content = { sources: [source('a', 1)] };
    await clock.advance(1_000);
    expect(states()).toEqual(['a/1 ready']);
  });
});

describe('ModelController with models side by side', () => {
  it('lets nobody wait at start for files of others that are still being written', async () => {
    const { clock, controller, repository, states } = createFixture();
    repository.content = { sources: [source('a', 1)], unsettled: [{ name: 'b', version: 1, settlesInMs: 300 }] };
    const started = controller.start();
    await clock.flush();
    expect(states()).toEqual(['a/1 ready']);
    repository.content = { sources: [source('a', 1), source('b', 1)] };
    await clock.advance(300);
    await started;
    expect(states()).toEqual(['a/1 ready', 'b/1 ready']);
  });

  it('lets the load of one model wait for that of no other', async () => {
    const { clock, controller, repository } = createFixture({ controlMode: 'explicit' });
    repository.content = { sources: [source('a', 1)], unsettled: [{ name: 'b', version: 1, settlesInMs: 1_000 }] };
    const slow = controller.load('b', {}).catch(() => 'refused');
    await controller.load('a', {});
    await clock.advance(30_000);
    expect(await slow).toBe('refused');
  });

  it('loads a model again once when its files have changed under it', async () => {
    const { controller, engine, repository } = createFixture();
    repository.content = { sources: [source('a', 1)] };
    await controller.start();
    const before = engine.serving('a')[0]?.ref.generation ?? 0;
    await Promise.all([controller.reload('a'), controller.reload('a')]);
    expect(engine.serving('a')[0]?.ref.generation).toBe(before + 1);
  });
});

describe('ModelController.load and unload', () => {
  it('loads again even if nothing changed, and unloads versions that are no longer selected', async () => {
    const { clock, controller, engine, repository, states } = createFixture({ controlMode: 'explicit' });
    repository.content = { sources: [source('a', 1)] };
    await controller.load('a', {});
    const [before] = engine.serving('a');
    repository.content = { sources: [source('a', 2)] };
    await controller.load('a', {});
    await clock.flush();
    expect(states()).toEqual(['a/1 unloaded', 'a/2 ready']);
    repository.content = { sources: [source('a', 2)] };
    const [again] = await controller.load('a', {});
    expect(again?.ref.generation).toBeGreaterThan(before?.ref.generation ?? 0);
  });

  describe('with a configuration of its own', () => {
    it('counts for later loads, until the model is unloaded', async () => {
      const { clock, controller, repository } = createFixture({ controlMode: 'explicit' });
      repository.content = { sources: [source('a', 1)] };
      const givenAt = clock.wallNow();
      await controller.load('a', { configOverride: '{"maxBatchSize":2}' });
      await clock.advance(1_000);
      await controller.load('a', {});
      await controller.reload('a');
      const kept = { name: 'a', configOverride: '{"maxBatchSize":2}', configOverrideAt: givenAt };
      expect(repository.scans.slice(1)).toEqual([kept, kept]);
      await controller.unload('a');
      await controller.load('a', {});
      expect(repository.scans.at(-1)).toEqual({ name: 'a' });
    });

    it('gives way to the next one, and is not kept when its load fails', async () => {
      const { controller, host, repository } = createFixture({ controlMode: 'explicit' });
      repository.content = { sources: [source('a', 1)] };
      await controller.load('a', { configOverride: '{"maxBatchSize":2}' });
      host.failure = new MillraceError('invalid_argument', 'no');
      await controller.load('a', { configOverride: '{"maxBatchSize":3}' }).catch(() => undefined);
      host.failure = undefined;
      await controller.load('a', {});
      expect(repository.scans.at(-1)?.configOverride).toBe('{"maxBatchSize":2}');
    });

    it('is not mixed with the files on disk where its own came with it', async () => {
      const { controller, repository } = createFixture({ controlMode: 'explicit' });
      repository.content = { sources: [source('a', 1)] };
      await controller.load('a', { configOverride: '{}', fileOverrides: new Map() });
      await expect(controller.reload('a')).rejects.toMatchObject({
        code: 'failed_precondition',
        message: 'they came with a load request, and are gone; load it again',
      });
      await controller.load('a', {});
      expect(repository.scans.at(-1)).toEqual({ name: 'a' });
    });
  });

  it('shows the last 256 models whose uploaded files did not load, and forgets those before', async () => {
    const { controller, host, repository, engine } = createFixture({ controlMode: 'explicit' });
    host.failure = new MillraceError('invalid_argument', 'no');
    for (let index = 0; index < 260; index++) {
      repository.content = { sources: [source(`m${1000 + index}`, 1)] };
      const options = { configOverride: '{}', fileOverrides: new Map() };
      await controller.load(`m${1000 + index}`, options).catch(() => undefined);
    }
    expect(engine.statuses()).toHaveLength(256);
    expect(engine.statuses()[0]?.name).toBe('m1004');
  });

  it('passes overrides on and discards what they brought when the load fails', async () => {
    const { controller, host, repository } = createFixture({ controlMode: 'explicit' });
    repository.content = { sources: [source('a', 1)] };
    host.failure = new MillraceError('invalid_argument', 'opset 99 is too new');
    await expect(controller.load('a', { configOverride: '{}' })).rejects.toMatchObject({
      code: 'invalid_argument',
      message: "model 'a' failed to load: opset 99 is too new",
    });
    expect(repository.scans.at(-1)).toEqual({ name: 'a', configOverride: '{}' });
    expect(repository.discarded).toEqual(['a/1']);
  });

  it.each([
    ['ghost', 'not_found', "no repository has a model 'ghost'"],
    ['broken', 'invalid_argument', "model 'broken' failed to load: line 3: no"],
  ])('refuses to load %s', async (name, code, message) => {
    const { controller, repository } = createFixture({ controlMode: 'explicit' });
    repository.content = {
      problems: [{ name: 'broken', version: undefined, repository: 'repository', reason: 'line 3: no' }],
    };
    await expect(controller.load(name, {})).rejects.toMatchObject({ code, message });
  });

  it('gives up on files that never come to rest', async () => {
    const { clock, controller, repository } = createFixture({ controlMode: 'explicit' });
    repository.content = { unsettled: [{ name: 'a', version: 1, settlesInMs: 1_000 }] };
    const load = controller.load('a', {}).catch((error: unknown) => error);
    await clock.advance(30_000);
    expect(await load).toMatchObject({
      code: 'unavailable',
      message: "the files of model 'a' are still changing; try again",
    });
  });

  it('unloads a model that is still loading, once it is there', async () => {
    const { clock, controller, host, repository, states } = createFixture({ controlMode: 'explicit' });
    repository.content = { sources: [source('a', 1)] };
    const load = host.load.bind(host);
    host.load = async (...given) => {
      await clock.sleep(1_000);
      return load(...given);
    };
    const loading = controller.load('a', {});
    await clock.flush();
    expect(states()).toEqual(['a/1 loading']);
    await controller.unload('a');
    await clock.advance(1_000);
    await loading;
    await clock.flush();
    expect(states()).toEqual(['a/1 unloaded']);
  });

  it('unloads all versions and refuses unknown models', async () => {
    const { clock, controller, repository, states } = createFixture({ controlMode: 'explicit' });
    repository.content = { sources: [source('a', 1), source('a', 2)] };
    await controller.load('a', {});
    await controller.unload('a');
    await clock.flush();
    expect(states()).toEqual(['a/1 unloaded', 'a/2 unloaded']);
    await expect(controller.unload('ghost')).rejects.toThrow("there is no model 'ghost'");
  });
});

describe('ModelController in poll mode', () => {
  it('follows the disk: loads what is new or changed, unloads what is gone, leaves the rest', async () => {
    const { clock, controller, engine, repository, states } = createFixture({ controlMode: 'poll' });
    repository.content = { sources: [source('a', 1), source('b', 1), source('c', 1)] };
    await controller.start();
    const generation = (name: string) => engine.serving(name)[0]?.ref.generation;
    const before = { a: generation('a'), b: generation('b') };
    repository.content = { sources: [source('a', 1), source('b', 1, 'changed'), source('d', 1)] };
    await clock.advance(1_000);
    await clock.flush();
    expect(states()).toEqual(['a/1 ready', 'b/1 ready', 'c/1 unloaded', 'd/1 ready']);
    expect(generation('a')).toBe(before.a);
    expect(generation('b')).not.toBe(before.b);
  });

  it('keeps a model serving whose configuration broke, and one whose files are being replaced', async () => {
    const { clock, controller, repository, states } = createFixture({ controlMode: 'poll' });
    repository.content = { sources: [source('a', 1), source('b', 1)] };
    await controller.start();
    repository.content = {
      problems: [{ name: 'a', version: undefined, repository: 'repository', reason: 'line 1: no' }],
      unsettled: [{ name: 'b', version: 1, settlesInMs: 100 }],
    };
    await clock.advance(1_000);
    expect(states()).toEqual(['a/0 failed', 'a/1 ready', 'b/1 ready']);
    repository.content = { sources: [source('a', 1), source('b', 1)] };
    await clock.advance(1_000);
    expect(states()).toEqual(['a/1 ready', 'b/1 ready']);
  });

  it('tries a version that failed once more only when its files change', async () => {
    const { clock, controller, host, repository, states } = createFixture({ controlMode: 'poll' });
    await controller.start();
    host.failure = new MillraceError('invalid_argument', 'broken');
    repository.content = { sources: [source('a', 1)] };
    await clock.advance(1_000);
    await clock.advance(5_000);
    expect(host.specs).toHaveLength(1);
    host.failure = undefined;
    repository.content = { sources: [source('a', 1, 'mended')] };
    await clock.advance(1_000);
    expect(states()).toEqual(['a/1 ready']);
  });

  it('tries a version again whose runner died while it was being loaded', async () => {
    const { clock, controller, host, repository, states } = createFixture({ controlMode: 'poll' });
    repository.content = { sources: [source('a', 1)] };
    await controller.start();
    host.failure = new MillraceError('unavailable', 'runner a/2#0 is gone: ended by SIGKILL');
    repository.content = { sources: [source('a', 1, 'changed'), source('b', 1)] };
    await clock.advance(1_000);
    expect(states()).toEqual(['a/1 ready', 'b/1 failed']);
    host.failure = undefined;
    await clock.advance(1_000);
    expect(states()).toEqual(['a/1 ready', 'b/1 ready']);
    await clock.advance(5_000);
    expect(host.specs).toHaveLength(5);
  });

  it('gives up on files with which runners die again and again, until they change', async () => {
    const { clock, controller, host, repository, states } = createFixture({ controlMode: 'poll' });
    await controller.start();
    host.failure = new MillraceError('unavailable', 'runner a/1#0 is gone: ended by SIGSEGV');
    repository.content = { sources: [source('a', 1)] };
    await clock.advance(60_000);
    expect(host.specs).toHaveLength(6);
    host.failure = undefined;
    repository.content = { sources: [source('a', 1, 'changed')] };
    await clock.advance(1_000);
    expect(states()).toEqual(['a/1 ready']);
  });

  it('lets a version serve on until one that takes its place is loaded', async () => {
    const { clock, controller, host, repository, states } = createFixture({ controlMode: 'poll' });
    repository.content = { sources: [source('a', 1)] };
    await controller.start();
    host.failure = new MillraceError('invalid_argument', 'broken');
    repository.content = { sources: [source('a', 2)] };
    await clock.advance(5_000);
    expect(states()).toEqual(['a/1 ready', 'a/2 failed']);
    host.failure = undefined;
    repository.content = { sources: [source('a', 2, 'mended')] };
    await clock.advance(1_000);
    expect(states()).toEqual(['a/1 unloaded', 'a/2 ready']);
    host.failure = new MillraceError('invalid_argument', 'broken');
    repository.content = { sources: [source('a', 3)] };
    await clock.advance(1_000);
    repository.content = {};
    await clock.advance(1_000);
    expect(states()).toEqual(['a/1 unloaded', 'a/2 unloaded']);
  });

  it('stops looking when it closes', async () => {
    const { clock, controller, repository } = createFixture({ controlMode: 'poll' });
    await controller.start();
    await controller.close();
    const scans = repository.scans.length;
    await clock.advance(10_000);
    expect(repository.scans).toHaveLength(scans);
    expect(repository.closed).toBe(true);
  });
});
