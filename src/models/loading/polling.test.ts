import { describe, expect, it } from 'vitest';
import { createFixture, source } from '../../../test/support/controller-fixture.js';
import { MillraceError } from '../../core/index.js';

describe('ModelController in poll mode', () => {
  it('follows the disk: loads new and changed models, unloads removed ones, leaves the rest', async () => {
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

  it('retries a version whose runner died while it was loading', async () => {
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
