import { describe, expect, it } from 'vitest';
import { createFixture as createController, source } from '../../../test/support/controller-fixture.js';
import { IDENTITY } from '../../../test/support/engine-fixture.js';
import type { ModelSource, RepositoryOptions } from '../../repository/index.js';
import { ENSEMBLE } from '../../runtimes/ensemble/manifest.js';

/** An ensemble made of the models given. */
function ensemble(name: string, composing: readonly string[], fingerprint = 'a'): ModelSource {
  const steps = composing.map((model) => ({ model, inputs: { x: 'x' }, outputs: { y: 'y' } }));
  return { ...source(name, 1, fingerprint), runtime: 'ensemble', manifest: ENSEMBLE, config: { ensemble: { steps } } };
}

/** A host that, as the ensemble runtime does, loads an ensemble only when its models can be described. */
function createFixture(options: Partial<RepositoryOptions> = {}) {
  const fixture = createController(options);
  const { host, engine } = fixture;
  const broken = new Set<string>();
  host.onLoad = ({ ref, options: section }, { describeModel }) => {
    if (broken.has(ref.name)) throw new Error(`${ref.name} is broken`);
    const steps = (section.steps ?? []) as readonly { readonly model: string }[];
    for (const { model } of steps) describeModel?.(model, undefined);
  };
  return {
    ...fixture,
    /** Models whose next loads fail. */
    broken,
    loaded: () => host.specs.map(({ ref }) => ref.name),
    reasons: () =>
      engine.statuses().flatMap(({ name, state }) => (state.kind === 'failed' ? [`${name}: ${state.reason}`] : [])),
  };
}

const NESTED = [ensemble('outer', ['inner', 'c']), ensemble('inner', ['a', 'b']), source('a', 1), source('b', 1)];

describe('ensembles at start', () => {
  it('are loaded after the models that they are made of, nested ones too', async () => {
    const { controller, repository, loaded, states } = createFixture();
    repository.content = { sources: [...NESTED, source('c', 1)] };
    await controller.start();
    expect(loaded().toSorted()).toEqual(['a', 'b', 'c', 'inner', 'outer']);
    expect(loaded().slice(3)).toEqual(['inner', 'outer']);
    expect(states()).toEqual(['a/1 ready', 'b/1 ready', 'c/1 ready', 'inner/1 ready', 'outer/1 ready']);
  });

  it('load their steps in explicit mode', async () => {
    const { controller, repository, states } = createFixture({ controlMode: 'explicit', loadModels: ['outer'] });
    repository.content = { sources: [...NESTED, source('c', 1), source('other', 1)] };
    await controller.start();
    expect(states()).toEqual(['a/1 ready', 'b/1 ready', 'c/1 ready', 'inner/1 ready', 'outer/1 ready']);
  });

  it('fail with the reason of a model that is missing or has failed', async () => {
    const { controller, repository, reasons } = createFixture({ controlMode: 'explicit', loadModels: ['outer', 'e'] });
    repository.content = {
      sources: [...NESTED, ensemble('e', ['bad'])],
      problems: [{ name: 'bad', version: 1, repository: 'repository', reason: 'bad/1 holds no model file' }],
    };
    await controller.start();
    expect(reasons()).toEqual([
      'bad: bad/1 holds no model file',
      'c: no repository has such a model',
      "e: model 'bad' failed to load: bad/1 holds no model file",
      "outer: model 'c' failed to load: no repository has such a model",
    ]);
  });

  it('that contain each other fail, and delay no other model', async () => {
    const { controller, repository, reasons, states } = createFixture();
    repository.content = {
      sources: [
        ensemble('a', ['b', 'm']),
        ensemble('b', ['c']),
        ensemble('c', ['a']),
        ensemble('d', ['a']),
        source('m', 1),
      ],
    };
    await controller.start();
    expect(reasons()).toEqual([
      'a: ensembles are made of each other: a → b → c → a',
      'b: ensembles are made of each other: b → c → a → b',
      'c: ensembles are made of each other: c → a → b → c',
      "d: model 'a' failed to load: ensembles are made of each other: a → b → c → a",
    ]);
    expect(states()).toContain('m/1 ready');
  });
});

describe('ensembles in poll mode', () => {
  it('are tried again when a model that they need has come', async () => {
    const { clock, controller, repository, states, reasons } = createFixture({ controlMode: 'poll' });
    repository.content = { sources: NESTED };
    await controller.start();
    expect(reasons()).toEqual(["outer: model 'c' is not loaded"]);
    repository.content = { sources: [...NESTED, source('c', 1)] };
    await clock.advance(1_000);
    expect(states()).toEqual(['a/1 ready', 'b/1 ready', 'c/1 ready', 'inner/1 ready', 'outer/1 ready']);
    await controller.close();
  });

  it('are tried again when a model that they need has been mended', async () => {
    const { clock, controller, repository, broken, states, reasons } = createFixture({ controlMode: 'poll' });
    repository.content = { sources: [ensemble('e', ['m']), source('m', 1)] };
    broken.add('m');
    await controller.start();
    expect(reasons()[0]).toBe("e: model 'm' failed to load: internal error; the server log has the details");
    broken.delete('m');
    repository.content = { sources: [ensemble('e', ['m']), source('m', 1, 'b')] };
    await clock.advance(1_000);
    expect(states()).toEqual(['e/1 ready', 'm/1 ready']);
    await controller.close();
  });

  it('are checked again when a step changes its inputs, and only then', async () => {
    const { clock, controller, host, repository, loaded } = createFixture({ controlMode: 'poll' });
    repository.content = { sources: [ensemble('e', ['m']), source('m', 1)] };
    await controller.start();
    expect(loaded()).toEqual(['m', 'e']);
    repository.content = { sources: [ensemble('e', ['m']), source('m', 1, 'b')] };
    await clock.advance(1_000);
    expect(loaded()).toEqual(['m', 'e', 'm']);
    host.description = { ...IDENTITY, decoupled: true };
    repository.content = { sources: [ensemble('e', ['m']), source('m', 1, 'c')] };
    await clock.advance(1_000);
    expect(loaded()).toEqual(['m', 'e', 'm', 'm', 'e']);
    await controller.close();
  });

  it('load once when they change together with their model', async () => {
    const { clock, controller, host, repository, loaded } = createFixture({ controlMode: 'poll' });
    repository.content = { sources: [ensemble('e', ['m']), source('m', 1)] };
    await controller.start();
    host.description = { ...IDENTITY, decoupled: true };
    repository.content = { sources: [ensemble('e', ['m'], 'b'), source('m', 1, 'b')] };
    await clock.advance(1_000);
    expect(loaded()).toEqual(['m', 'e', 'm', 'e']);
    await controller.close();
  });

  it('cannot become part of themselves', async () => {
    const { clock, controller, repository, log, states } = withLog(createFixture({ controlMode: 'poll' }));
    repository.content = { sources: [ensemble('outer', ['inner']), ensemble('inner', ['m']), source('m', 1)] };
    await controller.start();
    const changed = ensemble('inner', ['outer'], 'b');
    repository.content = { sources: [ensemble('outer', ['inner']), changed, source('m', 1)] };
    await clock.advance(1_000);
    expect(states()).toEqual(['inner/1 ready', 'm/1 ready', 'outer/1 ready']);
    expect(log).toEqual([
      "model 'inner/1' cannot be loaded again and serves on as it was: ensembles are made of each other: inner → outer → inner",
    ]);
    await controller.close();
  });
});

function withLog<Fixture extends ReturnType<typeof createFixture>>(fixture: Fixture) {
  const log: string[] = [];
  fixture.events.subscribe('diagnostic', ({ message }) => log.push(message));
  return { ...fixture, log };
}

describe('ensembles in explicit mode', () => {
  const explicit = () => {
    const fixture = createFixture({ controlMode: 'explicit' });
    fixture.repository.content = { sources: [...NESTED, source('c', 1)] };
    return fixture;
  };

  it('load those of their steps that are not served yet', async () => {
    const { controller, loaded } = explicit();
    await controller.load('a', {});
    const infos = await controller.load('outer', {});
    expect(infos.map(({ ref }) => ref.name)).toEqual(['outer']);
    expect(loaded()[0]).toBe('a');
    expect(loaded().slice(1, 3).toSorted()).toEqual(['b', 'c']);
    expect(loaded().slice(3)).toEqual(['inner', 'outer']);
    await controller.load('outer', {});
    expect(loaded().slice(5)).toEqual(['outer']);
  });

  it('refuse with the reason of a model that is missing', async () => {
    const { controller, repository, reasons } = explicit();
    repository.content = { sources: NESTED };
    await expect(controller.load('outer', {})).rejects.toThrow(
      "model 'outer' failed to load: model 'c' failed to load: no repository has such a model",
    );
    expect(reasons()).toEqual([
      'c: no repository has such a model',
      "outer: model 'c' failed to load: no repository has such a model",
    ]);
  });

  it('refuse to load when they are made of each other, however many ask at once', async () => {
    const { controller, repository } = explicit();
    repository.content = { sources: [ensemble('a', ['b']), ensemble('b', ['a'])] };
    const results = await Promise.allSettled([controller.load('a', {}), controller.load('b', {})]);
    expect(results).toMatchObject([
      { reason: { message: "model 'a' failed to load: ensembles are made of each other: a → b → a" } },
      { reason: { message: "model 'b' failed to load: ensembles are made of each other: b → a → b" } },
    ]);
  });

  it('are unloaded alone, or with the steps that were loaded only for them', async () => {
    const { controller, repository, states } = explicit();
    repository.content = { sources: [...NESTED, source('c', 1), ensemble('other', ['b'])] };
    await controller.load('c', {});
    await controller.load('outer', {});
    await controller.load('other', {});
    await controller.unload('outer');
    expect(states().filter((state) => state.endsWith('ready'))).toHaveLength(5);
    await controller.load('outer', {});
    await controller.unload('outer', { withComposing: true });
    expect(states().filter((state) => state.endsWith('ready'))).toEqual(['b/1 ready', 'c/1 ready', 'other/1 ready']);
  });

  it.each([
    ['was loaded with them', []],
    ['was served before', ['a', 'b']],
  ])('keep until they are loaded a model that %s and is unloaded meanwhile', async (_when, before) => {
    const { clock, controller, host, states } = explicit();
    for (const name of before) await controller.load(name, {});
    const load = host.load.bind(host);
    host.load = async (...given) => {
      await clock.sleep(1_000);
      return load(...given);
    };
    const loading = controller.load('inner', {});
    await clock.flush();
    const unloaded = controller.unload('a');
    await clock.advance(1_000);
    await clock.advance(1_000);
    await Promise.all([loading, unloaded]);
    await clock.flush();
    expect(states()).toEqual(['a/1 unloaded', 'b/1 ready', 'inner/1 ready']);
  });

  it('keep serving when a step is unloaded, and are checked again when it is loaded', async () => {
    const { controller, states, loaded } = explicit();
    await controller.load('inner', {});
    await controller.unload('a');
    expect(states()).toContain('inner/1 ready');
    await controller.load('a', {});
    expect(loaded().slice(3)).toEqual(['a', 'inner']);
  });
});
