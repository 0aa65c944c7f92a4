import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { call, ENGINE_OPTIONS, IDENTITY, Outcome, request } from '../../test/support/engine-fixture.js';
import { FakeClock } from '../../test/support/fake-clock.js';
import { FakeHost } from '../../test/support/fake-host.js';
import { EventBus, type InferRequest, MillraceError } from '../core/index.js';
import type { ModelConfig, ModelSource } from '../repository/index.js';
import { ONNX } from '../runtimes/onnx/manifest.js';
import { createEngine } from './engine.js';
import { FilesChangedError } from './instance-pool.js';
import type { GrantCredit } from './types.js';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A model on disk whose instances answer when the test says so, over a fake host and clock. */
async function createFixture(config: ModelConfig = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-engine-'));
  folders.push(folder);
  const path = join(folder, 'model.onnx');
  const source: ModelSource = {
    name: 'm',
    version: 1,
    repository: folder,
    modelFolder: folder,
    path,
    runtime: 'onnx',
    manifest: ONNX,
    config: { batching: { enabled: false }, ...config },
    labels: {},
    sizeBytes: 0,
    digest: '',
    fingerprint: '',
  };
  const clock = new FakeClock();
  const host = new FakeHost();
  const reloads: { finish: () => Promise<void>; fail: (error: Error) => void }[] = [];
  const engine = createEngine({
    infer: () => Promise.reject(new MillraceError('not_found', 'no other model')),
    options: ENGINE_OPTIONS,
    host,
    clock,
    events: new EventBus(),
    requestTimeoutMs: 60_000,
    cacheFolder: undefined,
    reload: () =>
      new Promise((resolve, reject) => {
        reloads.push({ finish: () => engine.load(source).then(() => resolve(), reject), fail: reject });
      }),
  });
  let builds = 0;
  const writeFile = () => writeFileSync(path, `build ${builds++}`.padEnd(builds * 100));
  const load = async () => {
    host.automatic = true;
    await engine.load(source);
    host.automatic = false;
  };
  const grants: GrantCredit[] = [];
  const submit = async (value: number, fields: Partial<InferRequest> = {}) => {
    const outcome = new Outcome();
    const [info] = engine.serving('m');
    if (info === undefined) throw new Error('nothing serves');
    grants.push(engine.submit(info.ref, { request: request(value, fields), call: call(), sink: outcome }));
    await clock.flush();
    return outcome;
  };
  /** Ends the oldest batch of the newest instance. */
  const finish = async () => {
    host.instances.at(-1)?.running?.finish();
    await clock.flush();
  };
  writeFile();
  await load();
  return { clock, engine, host, reloads, source, path, grants, load, submit, finish, writeFile };
}

describe('a model whose files have changed', () => {
  it('is loaded again once when its runner dies, and what has waited runs then', async () => {
    const { clock, engine, host, reloads, writeFile, submit, finish } = await createFixture();
    writeFile();
    host.instances[0]?.die('signal SIGKILL');
    await clock.flush();
    const waiting = await submit(1);
    await clock.advance(100);
    expect(engine.statuses()[0]?.state).toMatchObject({
      kind: 'recovering',
      reason: "the files of model 'm/1' have changed since it was loaded",
    });
    await clock.advance(5_000);
    expect(reloads).toHaveLength(1);
    host.automatic = true;
    await reloads[0]?.finish();
    host.automatic = false;
    await clock.flush();
    await finish();
    expect(waiting.kind).toBe('ok');
    expect(host.instances).toHaveLength(2);
  });

  it('is refused where they change while one of its runners reads them', async () => {
    const { engine, host, load, writeFile } = await createFixture({ instances: { count: 2 } });
    const [before] = engine.serving('m');
    writeFile();
    host.onLoad = (_spec, { instanceId }) => {
      if (instanceId === 'm/1#1') writeFile();
    };
    await expect(load()).rejects.toThrow("the files of model 'm/1' have changed since it was loaded");
    expect(engine.serving('m')).toEqual([before]);
    expect(host.instances.map(({ closed }) => closed)).toEqual([false, false, true, true]);
  });

  it('is loaded again where they change while a runner that starts anew reads them', async () => {
    const { clock, host, reloads, writeFile } = await createFixture();
    host.onLoad = () => writeFile();
    host.instances[0]?.die('signal SIGKILL');
    await clock.advance(100);
    expect(host.instances.map(({ closed }) => closed)).toEqual([false, true]);
    expect(reloads).toHaveLength(1);
  });

  it('is out of service at once when it cannot be loaded again, and nobody waits for it', async () => {
    const { clock, engine, host, reloads, path, submit } = await createFixture();
    rmSync(path);
    host.instances[0]?.die('signal SIGKILL');
    await clock.flush();
    const waiting = await submit(1);
    await clock.advance(100);
    reloads[0]?.fail(new MillraceError('not_found', "no repository has a model 'm'"));
    await clock.flush();
    expect(waiting.error).toMatchObject({
      code: 'unavailable',
      message:
        "model 'm/1' cannot run this request: its files have changed since it was loaded: no repository has a model 'm'",
    });
    expect(engine.serving('m')).toEqual([]);
    expect(engine.statuses()[0]?.state).toMatchObject({
      kind: 'failed',
      reason: "its files have changed since it was loaded: no repository has a model 'm'",
    });
    await clock.advance(60_000);
    expect([reloads.length, host.instances.length, clock.pendingTimers]).toEqual([1, 1, 0]);
  });

  it.each([
    ['its files have changed once more', new FilesChangedError({ name: 'm', version: 1, generation: 1 })],
    ['its runner has died', new MillraceError('unavailable', 'runner m/1#0 is gone: ended by SIGKILL')],
  ])('is loaded once more where %s meanwhile', async (_why, cause) => {
    const { clock, engine, host, reloads, writeFile, submit } = await createFixture();
    writeFile();
    host.instances[0]?.die('signal SIGKILL');
    await clock.flush();
    const waiting = await submit(1);
    await clock.advance(100);
    reloads[0]?.fail(new MillraceError('invalid_argument', "model 'm' failed to load", { cause }));
    await clock.advance(100);
    expect(reloads).toHaveLength(2);
    host.automatic = true;
    await reloads[1]?.finish();
    await clock.flush();
    expect(waiting.kind).toBe('ok');
    expect(engine.statuses()[0]?.state.kind).toBe('ready');
  });

  it('serves on with the instances that it has left when it cannot be loaded again', async () => {
    const { clock, engine, host, reloads, writeFile, submit } = await createFixture({ instances: { count: 2 } });
    writeFile();
    host.instances[0]?.die('signal SIGKILL');
    await clock.advance(100);
    reloads[0]?.fail(new MillraceError('invalid_argument', 'opset 99 is too new'));
    await clock.flush();
    const outcome = await submit(1);
    host.instances[1]?.running?.finish();
    await clock.advance(60_000);
    expect(outcome.kind).toBe('ok');
    expect(engine.statuses()[0]?.state.kind).toBe('ready');
    expect([reloads.length, host.instances.length]).toEqual([1, 2]);
  });

  it('is not loaded a second time while a load is under way already', async () => {
    const { clock, engine, host, reloads, source, writeFile, submit } = await createFixture();
    writeFile();
    let finishLoad: () => void = () => undefined;
    const load = host.load.bind(host);
    host.load = async (...args) => {
      await new Promise<void>((resolve) => {
        finishLoad = resolve;
      });
      host.automatic = true;
      return load(...args);
    };
    const loading = engine.load(source);
    await clock.flush();
    host.instances[0]?.die('signal SIGKILL');
    await clock.flush();
    const waiting = await submit(1);
    await clock.advance(1_000);
    finishLoad();
    await loading;
    await clock.flush();
    expect(waiting.kind).toBe('ok');
    expect([reloads.length, host.instances.length]).toEqual([0, 2]);
  });
});

describe('a generation that was replaced', () => {
  it('hands what it has not begun to the one that serves now when its last runner dies', async () => {
    const { clock, engine, host, load, submit, finish, reloads } = await createFixture();
    const [running, first, second] = [await submit(1), await submit(2), await submit(3)];
    await load();
    host.instances[0]?.die('used 300 MiB, limit 200 MiB', { overMemory: true });
    await clock.flush();
    expect(running.error).toMatchObject({
      code: 'unavailable',
      message: 'the runner died: used 300 MiB, limit 200 MiB',
    });
    await finish();
    await finish();
    expect([first.values, second.values]).toEqual([[2], [3]]);
    expect(first.responses[0]?.ref).toBe(engine.serving('m')[0]?.ref);
    await clock.advance(60_000);
    expect([reloads.length, host.instances.length, clock.pendingTimers]).toEqual([0, 2, 0]);
  });

  it('starts no runner again, and lets those that are left finish', async () => {
    const { clock, host, load, submit, engine } = await createFixture({ instances: { count: 2 } });
    const [lost, running, waiting] = [await submit(1), await submit(2), await submit(3)];
    await load();
    host.instances[0]?.die('signal SIGSEGV');
    await clock.advance(1_000);
    for (const [outcome, kind] of [
      [lost, 'pending'],
      [running, 'pending'],
      [waiting, 'pending'],
    ] as const) {
      expect(outcome.kind).toBe(kind);
    }
    for (let turn = 0; turn < 3; turn++) {
      host.instances[1]?.running?.finish();
      await clock.flush();
    }
    expect([lost, running, waiting].map(({ kind }) => kind)).toEqual(['ok', 'ok', 'ok']);
    expect(host.instances.map(({ closed }) => closed)).toEqual([false, true, false, false]);
    expect(engine.gauges()).toHaveLength(1);
  });

  it('ends what the one that serves now cannot take, with its reason', async () => {
    const { clock, host, load, submit } = await createFixture();
    const [, waiting] = [await submit(1), await submit(2)];
    const [input] = IDENTITY.signature.inputs as [(typeof IDENTITY.signature.inputs)[0]];
    host.description = { ...IDENTITY, signature: { ...IDENTITY.signature, inputs: [{ ...input, datatype: 'INT64' }] } };
    await load();
    host.instances[0]?.die('signal SIGSEGV');
    await clock.flush();
    expect(waiting.error).toMatchObject({ code: 'invalid_argument', message: expect.stringContaining("'x'") });
  });

  it('hands on what may have brought its runner down, to run by itself and not a third time', async () => {
    const { clock, host, load, submit } = await createFixture();
    const guilty = await submit(1);
    await load();
    host.instances[0]?.die('signal SIGSEGV');
    await clock.flush();
    expect(host.instances[1]?.given).toHaveLength(1);
    host.instances[1]?.die('signal SIGSEGV');
    await clock.advance(200);
    expect(guilty.error?.message).toBe('the runner died: signal SIGSEGV');
    expect(host.instances[2]?.given).toEqual([]);
  });

  it('hands the credit of a stream on with its request', async () => {
    const fixture = await createFixture();
    const { clock, host, load, submit, grants } = fixture;
    host.description = { ...IDENTITY, decoupled: true };
    await load();
    const [, waiting] = [await submit(1), await submit(2)];
    await load();
    host.instances.at(-2)?.die('signal SIGSEGV');
    await clock.flush();
    await fixture.finish();
    grants[1]?.(7);
    expect(host.instances.at(-1)?.granted).toEqual([{ callId: expect.any(Number), answers: 7 }]);
    await fixture.finish();
    expect(waiting.kind).toBe('ok');
  });
});

describe('a model that is unloaded while no instance of it is up', () => {
  it('keeps nobody waiting', async () => {
    const { clock, engine, host, submit } = await createFixture();
    host.instances[0]?.die('signal SIGKILL');
    await clock.flush();
    const waiting = await submit(1);
    const unloaded = engine.unload('m', 1);
    await clock.flush();
    expect(waiting.error).toMatchObject({
      code: 'unavailable',
      message: "model 'm/1' cannot run this request: no instance of it was up when it was unloaded",
    });
    await unloaded;
    expect(engine.statuses()[0]?.state.kind).toBe('unloaded');
    await clock.advance(60_000);
    expect(host.instances).toHaveLength(1);
  });
});

describe('sequences of a generation that was replaced', () => {
  it('begin on the one that serves now when they had not begun and the last runner dies', async () => {
    const fixture = await createFixture({ maxBatchSize: 1 });
    const { clock, host, load, submit } = fixture;
    host.description = { ...IDENTITY, stateful: true };
    await load();
    const step = (id: bigint, start: boolean) => submit(Number(id), { sequence: { id, start, end: false } });
    const [begun, start, next] = [await step(1n, true), await step(2n, true), await step(2n, false)];
    await load();
    host.instances.at(-2)?.die('signal SIGSEGV');
    await clock.flush();
    expect(begun.error?.message).toBe("sequence 1 of model 'm/1' was lost when its runner died; start it again");
    await fixture.finish();
    await fixture.finish();
    expect([start.kind, next.kind]).toEqual(['ok', 'ok']);
  });
});
