import fc from 'fast-check';
import { expect, it } from 'vitest';
import { version } from '../../../test/support/infer-fixture.js';
import { EventBus } from '../../core/index.js';
import { ModelAliases } from './model-aliases.js';

const FINAL = { isFinal: true };
const LOADING = { isFinal: false };

/** Aliases of a server of which the test says what serves and which routes there are. */
function createFixture({ starting = false } = {}) {
  const serving = new Set<string>();
  const routes = new Set<string>();
  const said: string[] = [];
  const events = new EventBus();
  events.subscribe('diagnostic', ({ level, room, message }) => said.push(`${level} ${room} ${message}`));
  const state = { starting };
  const aliases = new ModelAliases({
    engine: { serving: (name) => (serving.has(name) ? [version(1, 1)] : []) },
    events,
    isRoute: (name) => routes.has(name),
    starting: () => state.starting,
  });
  const apply = (
    given: Readonly<Record<string, readonly string[]>>,
    options: { isFinal: boolean; isWhole?: boolean },
  ) => aliases.apply(new Map(Object.entries(given)), options);
  const resolve = (name: string) => aliases.resolve({ name, version: undefined }).name;
  return { aliases, apply, resolve, serving, routes, said, state };
}

it('an alias stands for its model, with a label and a version, too', () => {
  const { aliases, apply, resolve } = createFixture();
  apply({ qwen: ['gpt-4o-mini', 'Qwen/Qwen3-8B'] }, FINAL);
  expect(
    ['gpt-4o-mini', 'Qwen/Qwen3-8B', 'gpt-4o-mini@canary', 'qwen', 'other', 'other@canary', '@'].map(resolve),
  ).toEqual(['qwen', 'qwen', 'qwen@canary', 'qwen', 'other', 'other@canary', '@']);
  expect(aliases.resolve({ name: 'gpt-4o-mini', version: 3 })).toEqual({ name: 'qwen', version: 3 });
  expect(aliases.all()).toEqual([
    { alias: 'Qwen/Qwen3-8B', model: 'qwen' },
    { alias: 'gpt-4o-mini', model: 'qwen' },
  ]);
});

it('a route takes precedence over an alias of its name, and so does a serving model; each is reported once', () => {
  const { aliases, apply, resolve, serving, routes, said } = createFixture();
  routes.add('live');
  apply({ m: ['live', 'other', 'm'], other: [] }, FINAL);
  expect([resolve('live'), resolve('other')]).toEqual(['live', 'm']);
  serving.add('other').add('m');
  apply({ other: [] }, FINAL);
  apply({ other: [] }, FINAL);
  expect([resolve('live'), resolve('other'), resolve('other@canary')]).toEqual(['live', 'other', 'other@canary']);
  expect(aliases.all()).toEqual([]);
  expect(said).toEqual([
    "warn repository m: the alias 'live' has no effect: a route has this name",
    "warn repository m: the alias 'other' has no effect: a model has this name",
  ]);
  serving.delete('other');
  expect(resolve('other')).toBe('m');
});

it('a model whose name looks like an alias with a label takes precedence', () => {
  const { apply, resolve, serving } = createFixture();
  apply({ m: ['a'] }, FINAL);
  expect(resolve('a@b')).toBe('m@b');
  serving.add('a@b');
  expect(resolve('a@b')).toBe('a@b');
});

it('while a server starts, a loading model takes precedence over an alias of its name', () => {
  const { apply, resolve, state } = createFixture({ starting: true });
  apply({ m: ['slow'], slow: [] }, LOADING);
  expect(resolve('slow')).toBe('slow');
  state.starting = false;
  expect(resolve('slow')).toBe('m');
});

it('of two models with the same alias, the first owner keeps it', () => {
  const { apply, resolve, said } = createFixture();
  apply({ b: ['x'] }, FINAL);
  apply({ a: ['x'] }, FINAL);
  expect(resolve('x')).toBe('b');
  expect(said).toEqual(["warn repository a: the alias 'x' has no effect: model 'b' has this alias, too"]);
  apply({ b: [] }, FINAL);
  expect(resolve('x')).toBe('a');
});

it('of two models that come with the same alias at once, the first by name has it', () => {
  const { apply, resolve } = createFixture();
  apply({ b: ['x'], a: ['x'] }, FINAL);
  expect(resolve('x')).toBe('a');
});

it('aliases end when a change is in force, when their model is unloaded, and when it is found no more', () => {
  const { apply, resolve, aliases } = createFixture();
  apply({ m: ['x'], n: ['z'] }, FINAL);
  apply({ m: ['y'] }, LOADING);
  expect(['x', 'y'].map(resolve)).toEqual(['m', 'm']);
  apply({ m: ['y'] }, FINAL);
  expect(['x', 'y'].map(resolve)).toEqual(['x', 'm']);
  aliases.forget('m');
  expect(['y', 'z'].map(resolve)).toEqual(['y', 'n']);
  apply({ m: [] }, { isFinal: true, isWhole: true });
  expect(resolve('z')).toBe('z');
});

it('whatever is applied, a name stands for itself or for one of the models that have it as an alias', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd');
  const given = fc.dictionary(name, fc.array(name, { maxLength: 3 }), { maxKeys: 4 });
  const step = fc.record({ given, isFinal: fc.boolean(), isWhole: fc.boolean(), served: fc.array(name) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
      const { apply, resolve, serving } = createFixture();
      const known = new Map<string, Set<string>>();
      for (const { given: now, isFinal, isWhole, served } of steps) {
        serving.clear();
        for (const each of served) serving.add(each);
        for (const [model, aliases] of Object.entries(now)) {
          known.set(model, new Set([...(isFinal ? [] : (known.get(model) ?? [])), ...aliases]));
        }
        if (isWhole) for (const model of known.keys()) if (!Object.hasOwn(now, model)) known.delete(model);
        apply(now, { isFinal, isWhole });
        for (const alias of ['a', 'b', 'c', 'd']) {
          const holders = [...known].flatMap(([model, aliases]) =>
            aliases.has(alias) && model !== alias ? [model] : [],
          );
          const expected = serving.has(alias) || holders.length === 0 ? [alias] : holders;
          expect(expected).toContain(resolve(alias));
        }
      }
    }),
  );
});
