import { describe, expect, it } from 'vitest';
import { createFixture, source } from '../../../test/support/controller-fixture.js';

describe('ModelController at start', () => {
  it('loads every model it finds and shows broken ones with the reason', async () => {
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

  it('loads only named models in explicit mode, and all for *', async () => {
    const named = createFixture({ controlMode: 'explicit', loadModels: ['b', 'ghost'] });
    named.repository.content = { sources: [source('a', 1), source('b', 1)] };
    await named.controller.start();
    expect(named.states()).toEqual(['b/1 ready', 'ghost/0 failed']);
    const all = createFixture({ controlMode: 'explicit', loadModels: ['*'] });
    all.repository.content = { sources: [source('a', 1), source('b', 1)] };
    await all.controller.start();
    expect(all.states()).toEqual(['a/1 ready', 'b/1 ready']);
  });

  it('loads nothing and says so in explicit mode without names of models', async () => {
    const { controller, events, repository, states } = createFixture({ controlMode: 'explicit' });
    repository.content = { sources: [source('a', 1)] };
    const messages: string[] = [];
    events.subscribe('diagnostic', ({ message }) => messages.push(message));
    await controller.start();
    expect(states()).toEqual([]);
    expect(messages).toEqual([
      "no model is loaded at the start: explicit mode loads only those of --load-model ('*' = all)",
    ]);
  });

  it('unloads a version again that was only served until a newer one was whole', async () => {
    const { clock, controller, repository, states } = createFixture();
    repository.content = {
      sources: [source('a', 1), source('a', 3)],
      unsettled: [{ name: 'a', version: 10, settlesInMs: 300 }],
    };
    const started = controller.start();
    await clock.flush();
    repository.content = { sources: [source('a', 3), source('a', 10)] };
    await clock.advance(300);
    await started;
    await clock.flush();
    expect(states()).toEqual(['a/1 unloaded', 'a/3 ready', 'a/10 ready']);
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

describe('a model whose files keep changing', () => {
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
