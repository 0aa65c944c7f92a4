import { describe, expect, it } from 'vitest';
import { createFixture, source } from '../../../test/support/controller-fixture.js';
import type { RepositoryOptions } from '../../repository/index.js';

const ROOT = '/models';
const GONE = { repository: ROOT, reason: 'model repository /models does not exist' };
const of = (repository: string, name: string) => ({ ...source(name, 1), repository });

/** A server in `poll` mode that serves a and b of `/models`, and c of `/others`. */
async function serving(options: Partial<RepositoryOptions> = {}) {
  const fixture = createFixture({ controlMode: 'poll', paths: [ROOT, '/others'], emptyAfterMs: 60_000, ...options });
  const log: string[] = [];
  const followed: Record<string, boolean> = {};
  fixture.events.subscribe('diagnostic', ({ level, room, message }) => {
    if (room === 'repository') log.push(`${level} ${message}`);
  });
  fixture.events.subscribe('repositoryScanned', ({ repository, isFollowed }) => {
    followed[repository] = isFollowed;
  });
  const all = { sources: [of(ROOT, 'a'), of(ROOT, 'b'), of('/others', 'c')] };
  fixture.repository.content = all;
  await fixture.controller.start();
  return { ...fixture, log, followed, all };
}

describe('a repository in poll mode', () => {
  it('that cannot be read keeps serving its models for as long as that lasts, and is followed again afterwards', async () => {
    const { clock, controller, repository, states, log, followed, all } = await serving();
    expect(followed).toEqual({ '/models': true, '/others': true });
    repository.content = { unlisted: [GONE], sources: [of('/others', 'd')] };
    await clock.advance(3_600_000);
    expect(states()).toEqual(['a/1 ready', 'b/1 ready', 'c/1 unloaded', 'd/1 ready']);
    expect(followed).toEqual({ '/models': false, '/others': true });
    expect(controller.keptRepositories).toMatchObject([{ ...GONE, models: ['a', 'b'] }]);
    repository.content = { sources: [of(ROOT, 'a'), of('/others', 'd')] };
    await clock.advance(1_000);
    expect(states()).toEqual(['a/1 ready', 'b/1 unloaded', 'c/1 unloaded', 'd/1 ready']);
    expect(log).toEqual([
      'warn model repository /models does not exist; its 2 models are kept until that is corrected',
      'info model repository /models is followed again',
    ]);
    expect(followed).toEqual({ '/models': true, '/others': true });
    expect(controller.keptRepositories).toEqual([]);
    repository.content = all;
    await clock.advance(1_000);
    expect(states()).toEqual(['a/1 ready', 'b/1 ready', 'c/1 ready', 'd/1 unloaded']);
  });

  it('that can be read again loads interrupted models, though their files are the same', async () => {
    const { clock, engine, host, repository, states, all } = await serving();
    repository.content = { unlisted: [GONE], sources: [of('/others', 'c')] };
    await clock.advance(1_000);
    const loads = host.specs.length;
    await engine.unload('a', 1, 'its files are gone');
    await clock.advance(2_000);
    expect([states(), host.specs.length]).toEqual([['a/1 unloaded', 'b/1 ready', 'c/1 ready'], loads]);
    repository.content = all;
    await clock.advance(1_000);
    expect(states()).toEqual(['a/1 ready', 'b/1 ready', 'c/1 ready']);
    expect(host.specs).toHaveLength(loads + 1);
  });

  it('that cannot be read gives none of its models to a namesake elsewhere', async () => {
    const { clock, engine, repository, states } = await serving();
    repository.content = { unlisted: [GONE], sources: [{ ...of('/others', 'a'), fingerprint: 'other' }] };
    await clock.advance(1_000);
    expect(states()).toEqual(['a/1 ready', 'b/1 ready', 'c/1 unloaded']);
    expect(engine.serving('a')[0]?.source.repository).toBe(ROOT);
  });

  it('in which nothing is left is followed once that has lasted for repository.emptyAfterMs', async () => {
    const { clock, repository, states, log, followed } = await serving();
    repository.content = { sources: [of('/others', 'c')] };
    await clock.advance(60_000);
    expect(states()).toEqual(['a/1 ready', 'b/1 ready', 'c/1 ready']);
    expect(followed[ROOT]).toBe(false);
    await clock.advance(1_000);
    expect(states()).toEqual(['a/1 unloaded', 'b/1 unloaded', 'c/1 ready']);
    expect(followed[ROOT]).toBe(true);
    expect(log).toEqual([
      'warn model repository /models holds nothing to serve; its 2 models are unloaded if that lasts 60000 ms (repository.emptyAfterMs)',
      'info model repository /models has held nothing to serve for 60000 ms (repository.emptyAfterMs); its 2 models are unloaded',
    ]);
  });

  it('in which something is there again begins anew to count', async () => {
    const { clock, repository, states, all } = await serving();
    for (let round = 0; round < 4; round++) {
      repository.content = { sources: [of('/others', 'c')] };
      await clock.advance(40_000);
      repository.content = all;
      await clock.advance(1_000);
    }
    expect(states()).toEqual(['a/1 ready', 'b/1 ready', 'c/1 ready']);
  });

  it.each([
    ['with repository.emptyAfterMs 0', { sources: [of('/others', 'c')] }, { emptyAfterMs: 0 }],
    ['where another model has come', { sources: [of(ROOT, 'x'), of('/others', 'c')] }, {}],
  ])('is followed at once %s', async (_when, content, options) => {
    const { clock, repository, states, log } = await serving(options);
    repository.content = content;
    await clock.advance(1_000);
    expect(states()).toEqual(expect.arrayContaining(['a/1 unloaded', 'b/1 unloaded', 'c/1 ready']));
    expect(log).toEqual([]);
  });

  it('gives a model to a namesake elsewhere where nothing is left in it', async () => {
    const { clock, engine, repository, states } = await serving();
    repository.content = { sources: [{ ...of('/others', 'a'), fingerprint: 'other' }, of('/others', 'c')] };
    await clock.advance(1_000);
    await clock.flush();
    expect(states()).toEqual(['a/1 ready', 'b/1 unloaded', 'c/1 ready']);
    expect(engine.serving('a')[0]?.source.repository).toBe('/others');
  });

  it('that cannot be read at the start is a failure with strict', async () => {
    const { controller, repository } = createFixture({ strict: true, paths: [ROOT] });
    repository.content = { unlisted: [GONE] };
    await expect(controller.start()).rejects.toThrow('models failed to load: model repository /models does not exist');
  });

  it('that cannot be read is named where a model of it is to be loaded', async () => {
    const { controller, repository } = createFixture({ controlMode: 'explicit', paths: [ROOT] });
    repository.content = { unlisted: [GONE] };
    await expect(controller.load('a', {})).rejects.toThrow(
      "no repository has a model 'a'; model repository /models does not exist",
    );
  });
});
