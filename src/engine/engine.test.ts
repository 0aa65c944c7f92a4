import { describe, expect, it } from 'vitest';
import { call, Outcome, request } from '../../test/support/engine-fixture.js';
import type { FakeHost } from '../../test/support/fake-host.js';
import { createEngineFixture, source } from '../../test/support/loaded-engine.js';
import { Call, MillraceError } from '../core/index.js';

/** Has loads wait until what it gives is called. */
function holdLoads(host: FakeHost): () => void {
  const load = host.load.bind(host);
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  host.load = (...args) => finished.then(() => load(...args));
  return finish;
}

describe('createEngine', () => {
  it('loads, warms up and serves a version', async () => {
    const { clock, engine, states, submit } = createEngineFixture();
    const info = await engine.load(source());
    expect(info).toMatchObject({ maxBatchSize: 8, platform: 'fake', placement: 'process', instances: 1 });
    expect(states).toEqual(['1:loading', '1:warming', '1:ready']);
    const outcome = submit(7);
    await clock.flush();
    expect(outcome.values).toEqual([7]);
    expect(engine.statistics()).toMatchObject([{ name: 'm', version: 1, inferenceCount: 1 }]);
  });

  it('swaps a new generation in, lets the old one finish, then closes it', async () => {
    const { clock, engine, host, released, submit } = createEngineFixture();
    await engine.load(source());
    host.automatic = false;
    const old = submit(1);
    await clock.flush();
    host.automatic = true;
    await engine.load(source());
    const fresh = submit(2);
    await clock.flush();
    expect([old.kind, fresh.kind]).toEqual(['pending', 'ok']);
    expect(host.instances.map(({ closed }) => closed)).toEqual([false, false]);
    expect(released).toEqual([]);
    host.instances[0]?.running?.finish();
    await clock.flush();
    expect(old.values).toEqual([1]);
    expect(host.instances.map(({ closed }) => closed)).toEqual([true, false]);
    expect(released).toEqual([1]);
  });

  it('refuses new requests at once while it unloads, and gives the instance back when the last has ended', async () => {
    const { clock, engine, host, submit, states } = createEngineFixture();
    const { ref } = await engine.load(source());
    host.automatic = false;
    const accepted = submit(1);
    await clock.flush();
    const unloaded = engine.unload('m', 1);
    await clock.flush();
    expect(engine.serving('m')).toEqual([]);
    host.instances[0]?.running?.finish();
    await unloaded;
    expect(accepted.kind).toBe('ok');
    expect(host.instances[0]?.closed).toBe(true);
    expect(states.slice(-2)).toEqual(['1:draining', '1:unloaded']);
    expect(submit(2, ref).error?.message).toBe("model 'm/1' is not loaded");
  });

  it('shows a model as recovering while its only runner is down', async () => {
    const { clock, engine, host, states } = createEngineFixture();
    await engine.load(source());
    host.instances[0]?.die('signal SIGKILL');
    await clock.flush();
    expect(engine.statuses()[0]?.state).toEqual({ kind: 'recovering', reason: 'signal SIGKILL' });
    expect(engine.gauges()[0]?.instances).toEqual([{ id: 'm/1#0', pid: 0, up: false, restarts: 0 }]);
    await clock.advance(100);
    expect(states.slice(-2)).toEqual(['1:recovering', '1:ready']);
    expect(engine.gauges()[0]?.instances).toEqual([{ id: 'm/1#0', pid: 4242, up: true, restarts: 1 }]);
  });

  it('shows the 256 versions that were unloaded last, and forgets those before them', async () => {
    const { engine } = createEngineFixture();
    for (let version = 1; version <= 300; version++) {
      await engine.load(source(version));
      await engine.unload('m', version);
    }
    expect(engine.statuses().map(({ version }) => version)).toEqual(Array.from({ length: 256 }, (_, n) => n + 45));
    await engine.load(source(50));
    await engine.load(source(1));
    await engine.unload('m', 1);
    expect(engine.serving('m').map(({ ref }) => ref.version)).toEqual([50]);
  });

  it('serves a version no more as soon as it is to be unloaded, also while it loads again', async () => {
    const { clock, engine, host, states } = createEngineFixture();
    await engine.load(source());
    const finishLoads = holdLoads(host);
    const reloaded = engine.load(source());
    await clock.flush();
    const unloaded = engine.unload('m', 1);
    expect(engine.serving('m')).toEqual([]);
    finishLoads();
    await Promise.all([reloaded, unloaded]);
    expect(engine.serving('m')).toEqual([]);
    expect(states.at(-1)).toBe('1:unloaded');
  });

  it('lets accepted work end within the grace period when it closes, and fails the rest', async () => {
    const { clock, engine, host, submit } = createEngineFixture();
    await engine.load(source());
    host.automatic = false;
    const slow = submit(1);
    await clock.flush();
    const closed = engine.close(500);
    expect(submit(2).error?.message).toBe('the server is shutting down');
    await clock.advance(500);
    expect(slow.error?.message).toBe("model 'm/1' was closed before it could answer");
    await closed;
    expect(host.closed).toBe(true);
    expect(engine.serving('m')).toHaveLength(1);
    expect(submit(3).error?.message).toBe('the server is shutting down');
    await expect(engine.load(source())).rejects.toThrow('the server is shutting down');
  });

  it('ends loads at its close without calling them failed, the first ones and those of files that have changed', async () => {
    const { clock, engine, events, host } = createEngineFixture();
    await engine.load(source());
    const log: string[] = [];
    events.subscribe('modelStateChanged', ({ ref, state }) => log.push(`${ref.name}/${ref.version} ${state.kind}`));
    events.subscribe('diagnostic', ({ message }) => log.push(message));
    let die = (_reason: Error): void => undefined;
    host.load = () =>
      new Promise((_resolve, reject) => {
        die = reject;
      });
    const again = engine.load(source());
    await clock.flush();
    const failed = expect(again).rejects.toThrow('the server is shutting down');
    const dieAgain = die;
    const first = engine.load({ ...source(), version: 2 });
    await clock.flush();
    const failedFirst = expect(first).rejects.toThrow('the server is shutting down');
    await engine.close(0);
    for (const end of [dieAgain, die]) end(new MillraceError('unavailable', 'runner m/1#0 is gone: the server closed'));
    await Promise.all([failed, failedFirst]);
    expect(log).toEqual(['m/2 loading', 'm/2 unloaded']);
  });

  it('closes an instance whose load ends after the engine has closed', async () => {
    const { clock, engine, host } = createEngineFixture();
    const finishLoads = holdLoads(host);
    const loaded = expect(engine.load(source())).rejects.toThrow('the server is shutting down');
    await clock.flush();
    await engine.close(0);
    finishLoads();
    await loaded;
    expect([engine.serving('m'), host.instances.map(({ closed }) => closed)]).toEqual([[], [true]]);
  });

  it('shows a version as loading as soon as it is to be loaded, also while it waits for others', async () => {
    const { clock, engine, host } = createEngineFixture({ loadConcurrency: 1 });
    await engine.load(source(2));
    await engine.unload('m', 2);
    const finishLoads = holdLoads(host);
    const loads = [engine.load(source(1)), engine.load(source(2))];
    await clock.flush();
    expect(engine.statuses().map(({ version, state }) => [version, state.kind])).toEqual([
      [1, 'loading'],
      [2, 'loading'],
    ]);
    finishLoads();
    await Promise.all(loads);
  });

  it('serves a version on as it was where it cannot be loaded again, and logs why', async () => {
    const { clock, engine, events, host, submit } = createEngineFixture();
    await engine.load(source());
    const log: unknown[] = [];
    events.subscribe('diagnostic', ({ level, message, fields }) => log.push([level, message, fields]));
    host.failure = new MillraceError('failed_precondition', 'the file is damaged');
    await expect(engine.load(source())).rejects.toThrow('the file is damaged');
    expect(log).toEqual([
      [
        'error',
        "model 'm/1' failed to load again and serves on as it was: the file is damaged",
        { model: 'm', version: 1, reason: 'the file is damaged' },
      ],
    ]);
    const outcome = submit(7);
    await clock.flush();
    expect(outcome.values).toEqual([7]);
  });

  it('lets models that it waits for call others when it closes', async () => {
    const { clock, engine, host, submit } = createEngineFixture();
    const { ref } = await engine.load(source());
    host.automatic = false;
    const outer = submit(1);
    await clock.flush();
    const closed = engine.close(500);
    const inner = new Outcome();
    const nested = new Call({ ...call(), trace: undefined, receivedAt: 0, callers: ['outer'] });
    engine.submit(ref, { request: request(2), call: nested, sink: inner });
    for (let batch = 0; batch < 2; batch++) {
      host.instances[0]?.running?.finish();
      await clock.flush();
    }
    expect([outer.kind, inner.kind]).toEqual(['ok', 'ok']);
    await closed;
    const late = new Outcome();
    engine.submit(ref, { request: request(3), call: nested, sink: late });
    expect(late.error?.message).toBe('the server is shutting down');
  });

  it('does not wait at its close for a batch whose callers have left', async () => {
    const { clock, engine, host } = createEngineFixture();
    const { ref } = await engine.load(source());
    host.automatic = false;
    const left = call();
    engine.submit(ref, { request: request(1), call: left, sink: new Outcome() });
    await clock.flush();
    left.cancel(new MillraceError('cancelled', 'the client left'));
    await engine.close(30_000);
    expect(host.instances[0]?.running).toBeUndefined();
    expect(host.closed).toBe(true);
  });
});
