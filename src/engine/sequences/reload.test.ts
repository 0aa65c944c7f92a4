import { describe, expect, it } from 'vitest';
import { callOf, ENGINE_OPTIONS, IDENTITY, Outcome, request } from '../../../test/support/engine-fixture.js';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { FakeHost } from '../../../test/support/fake-host.js';
import { principalWith } from '../../../test/support/principals.js';
import { EventBus, MillraceError } from '../../core/index.js';
import type { ModelSource } from '../../repository/index.js';
import { ECHO } from '../../runtimes/echo/manifest.js';
import { createEngine } from '../engine.js';

const SOURCE: ModelSource = {
  name: 'm',
  version: 1,
  repository: 'repository',
  modelFolder: 'repository/m',
  path: 'repository/m/1/model.onnx',
  runtime: 'echo',
  manifest: ECHO,
  config: { sequenceBatching: { maxIdleMs: 60_000 } },
  labels: {},
  sizeBytes: 0,
  digest: '',
  fingerprint: '',
};

const ALICE = principalWith('alice');
const BOB = principalWith('bob');

async function createFixture(config: ModelSource['config'] = {}) {
  const clock = new FakeClock();
  const host = new FakeHost();
  host.description = { ...IDENTITY, stateful: true };
  const engine = createEngine({
    infer: () => Promise.reject(new MillraceError('not_found', 'no other model')),
    options: ENGINE_OPTIONS,
    host,
    clock,
    events: new EventBus(),
    requestTimeoutMs: 60_000,
    cacheFolder: undefined,
    reload: () => Promise.resolve(),
  });
  await engine.load({ ...SOURCE, config: { ...SOURCE.config, ...config } });
  const step = async (id: bigint, flags: { readonly start?: boolean; readonly end?: boolean } = {}, by = ALICE) => {
    const outcome = new Outcome();
    const sequence = { id, start: flags.start ?? false, end: flags.end ?? false };
    const [info] = engine.serving('m');
    if (info === undefined) throw new Error('the model is not served');
    engine.submit(info.ref, { request: request(1, { sequence }), call: callOf(by), sink: outcome });
    await clock.flush();
    return outcome.error?.message ?? outcome.kind;
  };
  /** Ids that each instance was given, the warm-ups left out. */
  const given = () =>
    host.instances.map((instance) =>
      instance.given.flatMap(({ batch }) => batch.items.flatMap(({ sequence }) => sequence?.id ?? [])),
    );
  const closed = () => host.instances.map((instance) => instance.closed);
  return { clock, engine, host, step, given, closed };
}

const START = { start: true };
const END = { end: true };
const LOST = "sequence 1 of model 'm/1' was lost when its runner died; start it again";
const NOT_RUNNING = "sequence 1 of model 'm/1' is not running: its first request must say sequence_start";

describe('sequences of a model that is loaded again', () => {
  it('end where they began, whatever begins meanwhile', async () => {
    const { engine, clock, step, given, closed } = await createFixture();
    await step(1n, START);
    await engine.load(SOURCE);
    await engine.load(SOURCE);
    expect([await step(2n, START), await step(1n), await step(2n), await step(1n, END)]).toEqual(
      Array.from({ length: 4 }, () => 'ok'),
    );
    await clock.flush();
    expect(given()).toEqual([[1n, 1n, 1n], [], [2n, 2n]]);
    expect(closed()).toEqual([true, true, false]);
    expect(await step(1n)).toBe(NOT_RUNNING);
  });

  it('are those of their owner: the same id of another one is on what is loaded now', async () => {
    const { engine, step, given } = await createFixture();
    await step(1n, START);
    await engine.load(SOURCE);
    expect([await step(1n, {}, BOB), await step(1n, END, BOB)]).toEqual([NOT_RUNNING, NOT_RUNNING]);
    expect([await step(1n, START, BOB), await step(1n, END, BOB), await step(1n)]).toEqual(['ok', 'ok', 'ok']);
    expect(given()).toEqual([
      [1n, 1n],
      [1n, 1n],
    ]);
  });

  it('begin anew on what is loaded now', async () => {
    const { engine, step, given } = await createFixture();
    await step(1n, START);
    await engine.load(SOURCE);
    expect([await step(1n, START), await step(1n)]).toEqual(['ok', 'ok']);
    expect(given()).toEqual([[1n], [1n, 1n]]);
  });

  it('are said to be lost when the runner dies that kept them, while others go on and after', async () => {
    const { engine, clock, host, step } = await createFixture({ instances: { count: 2 } });
    for (const id of [1n, 2n]) await step(id, START);
    await engine.load(SOURCE);
    host.instances[0]?.die('signal SIGKILL');
    await clock.flush();
    expect([await step(1n), await step(2n)]).toEqual([LOST, 'ok']);
    host.instances[1]?.die('signal SIGKILL');
    await clock.flush();
    expect([await step(1n), await step(2n)]).toEqual([LOST, LOST.replace('sequence 1', 'sequence 2')]);
    expect(await step(1n, {}, BOB)).toBe(NOT_RUNNING);
    expect([await step(1n, START), await step(1n, END)]).toEqual(['ok', 'ok']);
    await clock.advance(60_000);
    expect(await step(1n)).toBe(NOT_RUNNING);
    expect(await step(2n)).toBe(NOT_RUNNING.replace('sequence 1', 'sequence 2'));
  });

  it('hold the old files no longer than they show life', async () => {
    const { engine, clock, step, closed } = await createFixture();
    await step(1n, START);
    await engine.load(SOURCE);
    await clock.advance(59_999);
    expect(closed()).toEqual([false, false]);
    await clock.advance(1);
    expect(closed()).toEqual([true, false]);
    expect(await step(1n)).toBe(NOT_RUNNING);
  });

  it('hold the old files for ten minutes at most', async () => {
    const { engine, clock, step, closed } = await createFixture();
    await step(1n, START);
    await engine.load(SOURCE);
    for (let minute = 1; minute < 12; minute++) {
      await clock.advance(50_000);
      expect(await step(1n)).toBe('ok');
    }
    await clock.advance(50_000);
    expect(closed()).toEqual([true, false]);
    expect(await step(1n)).toBe(NOT_RUNNING);
  });

  it('are over when the model is unloaded', async () => {
    const { engine, step, closed } = await createFixture();
    await step(1n, START);
    await engine.load(SOURCE);
    await step(2n, START);
    await engine.unload('m', 1);
    expect(closed()).toEqual([true, true]);
    expect(engine.gauges()).toEqual([]);
  });

  it('keep nobody from closing the engine', async () => {
    const { engine, clock, step, closed } = await createFixture();
    await step(1n, START);
    await engine.load(SOURCE);
    await step(2n, START);
    await engine.close(1_000);
    expect(closed()).toEqual([true, true]);
    expect(clock.pendingTimers).toBe(0);
  });
});
