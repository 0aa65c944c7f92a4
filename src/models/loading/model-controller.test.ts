import { describe, expect, it } from 'vitest';
import { createFixture, source } from '../../../test/support/controller-fixture.js';
import { MillraceError } from '../../core/index.js';

describe('ModelController with models side by side', () => {
  it('delays no model at start for unfinished files of another', async () => {
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

  it('rejects a load that the shutdown interrupts as unavailable, not as a mistake of its caller', async () => {
    const { controller, engine, host, repository } = createFixture({ controlMode: 'explicit' });
    repository.content = { sources: [source('a', 1)] };
    host.onLoad = () => void engine.close(0);
    await expect(controller.load('a', {})).rejects.toMatchObject({
      code: 'unavailable',
      message: 'the server is shutting down',
      retryAfterMs: 1_000,
    });
  });

  describe('by where a model lies', () => {
    it('counts for later loads, until the model is unloaded', async () => {
      const { controller, repository } = createFixture({ controlMode: 'explicit' });
      repository.content = { sources: [source('a', 1)] };
      await controller.load('a', { from: 'x/y' });
      await controller.load('a', {});
      await controller.reload('a');
      await controller.load('a', { configOverride: '{"maxBatchSize":2}' });
      await controller.load('a', {});
      expect(repository.scans.map(({ from }) => from)).toEqual(Array(5).fill('x/y'));
      expect(repository.scans.at(-1)?.configOverride).toBe('{"maxBatchSize":2}');
      await controller.unload('a');
      await controller.load('a', {});
      expect(repository.scans.at(-1)).toEqual({ name: 'a' });
    });

    it('leaves only the last failures in the index', async () => {
      const { controller, engine, host, repository } = createFixture({ controlMode: 'explicit' });
      host.failure = new MillraceError('invalid_argument', 'no');
      const names = Array.from({ length: 300 }, (_, index) => `n${index}`);
      repository.content = { sources: names.map((name) => ({ ...source(name, 1), config: { labels: { next: 1 } } })) };
      for (const name of names) await controller.load(name, { from: name }).catch(() => undefined);
      expect(new Set(engine.statuses().map(({ name }) => name))).toEqual(new Set(names.slice(-256)));
      expect(names.filter((name) => controller.labels.of(name).size > 0)).toEqual(names.slice(-256));
    });
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

  it('passes overrides on and discards their files when the load fails', async () => {
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
