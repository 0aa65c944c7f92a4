import { describe, expect, it } from 'vitest';
import { call, IDENTITY, Outcome, request } from '../../../test/support/engine-fixture.js';
import { createEngineFixture, source } from '../../../test/support/loaded-engine.js';
import { MillraceError } from '../../core/index.js';
import { generationSignature, tensorsOfPrompt, textPrompt } from '../../generation/index.js';
import type { ModelConfig } from '../../repository/index.js';
import type { EngineOptions } from '../options.js';

describe('a version that is loaded', () => {
  it('keeps answers of a model that asks for it, until it is loaded again', async () => {
    const { clock, engine, submit } = createEngineFixture();
    const cached = source(1, { responseCache: { enabled: true } });
    const ask = async () => {
      const outcome = submit(7);
      await clock.flush();
      return outcome.values;
    };
    await engine.load(cached);
    expect([await ask(), await ask()]).toEqual([[7], [7]]);
    expect(engine.statistics()).toMatchObject([{ executionCount: 1, cacheHit: { count: 1 }, cacheMiss: { count: 1 } }]);
    expect(engine.cacheUsage()).toMatchObject({ entries: 1, maxBytes: 65_536 });
    await engine.load(cached);
    await clock.flush();
    expect(engine.cacheUsage()).toMatchObject({ entries: 0, usedBytes: 0 });
    await ask();
    expect(engine.statistics()).toMatchObject([{ executionCount: 1 }]);
    await engine.unload('m', 1);
    expect(engine.cacheUsage()).toMatchObject({ entries: 0 });
  });

  it.each<[string, ModelConfig, Partial<EngineOptions>]>([
    ['engine.responseCacheBytes is 0', {}, { responseCacheBytes: 0 }],
    [
      'its answers leave in order of arrival (batching.preserveOrder)',
      { batching: { enabled: true, preserveOrder: true } },
      {},
    ],
  ])('says that there is no response cache where %s', async (why, config, options) => {
    const { clock, engine, events, submit } = createEngineFixture(options);
    const messages: string[] = [];
    events.subscribe('diagnostic', ({ message }) => messages.push(message));
    await engine.load(source(1, { ...config, responseCache: { enabled: true } }));
    expect(messages).toEqual([`model 'm/1' is served without response cache: ${why}`]);
    for (const outcome of [submit(1), submit(1)]) {
      await clock.flush();
      expect(outcome.kind).toBe('ok');
    }
    expect(engine.statistics()).toMatchObject([{ inferenceCount: 2, cacheHit: { count: 0 } }]);
  });

  it('warns of outputs that cannot be served, unless the configuration lists those that are', async () => {
    const { engine, events, host } = createEngineFixture();
    const messages: string[] = [];
    events.subscribe('diagnostic', ({ level, message }) => messages.push(`${level}: ${message}`));
    const leftOut = [{ name: 'parts', reason: 'is a sequence: export one tensor' }];
    host.description = { ...IDENTITY, signature: { ...IDENTITY.signature, leftOut } };
    await engine.load(source(1));
    expect(messages).toEqual([
      "warn: output 'parts' of model 'm/1' is not served: it is a sequence: export one tensor",
    ]);
    await engine.load(source(2, { outputs: [{ name: 'y' }] }));
    expect(messages).toHaveLength(1);
  });

  it.each<['off' | 'execution_count', number]>([
    ['execution_count', 1],
    ['off', 2],
  ])('with rateLimit %s runs %d batches of models that share a resource', async (rateLimit, batches) => {
    const { clock, engine, host, submit } = createEngineFixture({ rateLimit, rateLimitResources: ['R1:1'] });
    const instances = { rateLimiter: { resources: [{ name: 'R1', count: 1 }] } };
    const first = await engine.load(source(1, { instances }));
    const second = await engine.load(source(2, { instances }));
    host.automatic = false;
    const outcomes = [submit(1, first.ref), submit(2, second.ref)];
    await clock.flush();
    const executing = () => engine.gauges().reduce((sum, { executingRequests }) => sum + executingRequests, 0);
    expect(executing()).toBe(batches);
    const finish = () => {
      for (const batch of host.instances.flatMap(({ given }) => given)) batch.finish();
    };
    finish();
    await clock.flush();
    finish();
    await clock.flush();
    expect(outcomes.map(({ kind }) => kind)).toEqual(['ok', 'ok']);
    await engine.unload('m', 1);
  });

  it('does not load a model that needs more of a resource than there is', async () => {
    const { engine } = createEngineFixture({ rateLimit: 'execution_count', rateLimitResources: ['R1:1'] });
    const instances = { rateLimiter: { resources: [{ name: 'R1', count: 2 }] } };
    await expect(engine.load(source(1, { instances }))).rejects.toThrow(
      "instances.rateLimiter needs 2 of resource 'R1', but engine.rateLimitResources has 1",
    );
  });

  it('names the reason of a failed load and keeps serving what it had', async () => {
    const { clock, engine, host, submit } = createEngineFixture();
    await engine.load(source());
    host.failure = new MillraceError('invalid_argument', 'the file is broken');
    await expect(engine.load(source())).rejects.toThrow('the file is broken');
    await expect(engine.load(source(2))).rejects.toThrow('the file is broken');
    expect(engine.statusesOf('m').map(({ state }) => state)).toEqual([
      { kind: 'ready' },
      { kind: 'failed', reason: 'the file is broken' },
    ]);
    const outcome = submit(1);
    await clock.flush();
    expect(outcome.kind).toBe('ok');
  });

  it('tries a model that does not load again as often as it is told to', async () => {
    const { engine, events, host, states } = createEngineFixture({ loadRetries: 2 });
    const messages: string[] = [];
    events.subscribe('diagnostic', ({ message }) => messages.push(message));
    host.failure = new MillraceError('internal', 'out of memory');
    await expect(engine.load(source())).rejects.toThrow('out of memory');
    const again = (retry: number) => `model 'm/1' failed to load and is tried again (${retry} of 2): out of memory`;
    expect(messages).toEqual([again(1), again(2)]);
    expect(states).toEqual(['1:loading', '1:failed']);

    const load = engine.load(source(2));
    events.subscribe('diagnostic', () => {
      host.failure = undefined;
    });
    expect(await load).toMatchObject({ ref: { version: 2 } });
    expect(states.at(-1)).toBe('2:ready');
  });

  it('makes known why a load failed, with the cause that nobody outside is told', async () => {
    const { engine, events, host } = createEngineFixture();
    const errors: unknown[] = [];
    events.subscribe('modelStateChanged', ({ error }) => errors.push(error));
    host.failure = new TypeError('x is not a function');
    await expect(engine.load(source())).rejects.toThrow('x is not a function');
    expect(errors).toEqual([undefined, host.failure]);
    const reason = 'internal error; the server log has the details';
    expect(engine.statusesOf('m').map(({ state }) => state)).toEqual([{ kind: 'failed', reason }]);
  });

  it('reports a limit on runs that callers do not wait for', async () => {
    const { engine, events } = createEngineFixture();
    const warnings: string[] = [];
    events.subscribe('diagnostic', ({ level, message }) => level === 'warn' && warnings.push(message));
    await engine.load(source(1, { limits: { executionTimeoutMs: 59_999 } }));
    expect(warnings).toEqual([]);
    await engine.load(source(2, { limits: { executionTimeoutMs: 60_000 } }));
    expect(warnings).toEqual([
      "model 'm/2': limits.executionTimeoutMs (60000) is not below server.requestTimeoutMs (60000), " +
        'so callers give up before a run that hangs is ended',
    ]);
  });

  it('closes an instance whose warm-up fails when it starts again, each time', async () => {
    const { clock, engine, host } = createEngineFixture();
    const warmup = [{ name: 'w', inputs: { x: { data: 'random' as const } } }];
    await engine.load(source(1, { warmup }));
    const load = host.load.bind(host);
    host.load = async (...args) => {
      const instance = await load(...args);
      instance.execute = () => Promise.reject(new MillraceError('internal', 'the graph raised'));
      return instance;
    };
    host.instances[0]?.die('signal SIGKILL');
    await clock.advance(10_000);
    expect(host.instances.length).toBeGreaterThan(5);
    expect(host.instances.slice(1).map(({ closed }) => closed)).not.toContain(false);
  });

  it('runs the configured warm-up on every instance before it is ready', async () => {
    const { engine, host } = createEngineFixture();
    const warmup = [{ name: 'w', count: 2, batchSize: 3, inputs: { x: { data: 'random' as const } } }];
    await engine.load(source(1, { instances: { count: 2 }, batching: { enabled: false }, warmup }));
    const rows = host.instances.map(({ given }) => given.map(({ batch }) => batch.rows));
    expect(rows).toEqual([
      [3, 3],
      [3, 3],
    ]);
  });

  it('fails a model whose warm-up lacks an input or does not run', async () => {
    const { engine, host } = createEngineFixture();
    const warmup = (inputs: NonNullable<ModelConfig['warmup']>[number]['inputs']) => [{ name: 'w', inputs }];
    await expect(engine.load(source(1, { warmup: warmup({}) }))).rejects.toThrow("warm-up 'w', input 'x' is missing");
    await expect(engine.load(source(1, { warmup: warmup({ x: { data: { file: 'none.bin' } } }) }))).rejects.toThrow(
      "warm-up 'w', input 'x': its data file cannot be read",
    );
    expect(host.instances.map(({ closed }) => closed)).toEqual([true, true]);
  });

  it('says how requests are batched and why', async () => {
    const { engine, host } = createEngineFixture();
    const off = await engine.load(source(1, { batching: { enabled: false } }));
    expect(off.batching).toEqual({ enabled: false, cause: 'configured', reason: 'configured' });
    const measured = await engine.load(source(2));
    expect(measured.batching).toMatchObject({ enabled: true, cause: 'measured_at_load' });
    expect(measured.batching.reason).toMatch(/^measured: a row takes .* in a batch of 8$/);
    const pairs = await engine.load(source(5, { maxBatchSize: 2 }));
    expect(pairs.batching.reason).toMatch(/^measured: a row takes .* in a batch of 2$/);
    host.description = { ...IDENTITY, batchInvariant: false };
    const dependent = await engine.load(source(4));
    expect(dependent.batching).toEqual({
      enabled: false,
      cause: 'rows_depend_on_batch',
      reason:
        'its numbers depend on what a row is batched with (dynamic quantisation, or rows that are computed together)',
    });
    const single = await engine.load(source(3, { maxBatchSize: 1 }));
    expect(single.batching).toEqual({
      enabled: false,
      cause: 'single_row_batches',
      reason: 'maxBatchSize is 1',
    });
  });

  describe('whose batches take long', () => {
    /** A row takes 1 ms alone and `rowMs` in a batch. */
    const runBatchesIn = ({ clock, host }: ReturnType<typeof createEngineFixture>, timing: { rowMs: number }) => {
      host.automatic = false;
      host.onInstance = (instance) => {
        const execute = instance.execute.bind(instance);
        instance.execute = (batch, emit) => {
          const done = execute(batch, emit);
          const given = instance.given.at(-1);
          clock.setTimer(batch.rows * (batch.rows === 1 ? 1 : timing.rowMs), () => given?.finish());
          return done;
        };
      };
    };

    it('warns that it does not batch, and batches once runs of requests show that they do not', async () => {
      const fixture = createEngineFixture();
      const { clock, engine, events, submit } = fixture;
      const messages: string[] = [];
      events.subscribe('diagnostic', ({ level, message }) => messages.push(`${level}: ${message}`));
      const timing = { rowMs: 3 };
      runBatchesIn(fixture, timing);
      const loading = engine.load(source(1));
      await clock.advance(1_000);
      const info = await loading;
      expect(info.batching).toEqual({
        enabled: false,
        cause: 'measured_at_load',
        reason: 'measured: a row takes 1.00 ms alone and 3.00 ms in a batch of 8',
      });
      expect(messages).toEqual([
        "warn: model 'm/1' does not batch requests (measured: a row takes 1.00 ms alone and 3.00 ms in a batch of 8); " +
          'batching.enabled in its configuration settles it',
      ]);
      timing.rowMs = 0.5;
      for (let turn = 0; turn < 60; turn++) {
        for (let value = 0; value < 16; value++) submit(value);
        await clock.advance(20);
      }
      const reason =
        'measured in 15 pairs of runs: a row takes 1.00 ms alone and 0.50 ms in batches, which were dearer in 0 of them';
      expect(info.batching).toEqual({ enabled: true, cause: 'measured_in_runs', reason });
      expect(messages.slice(1)).toEqual([`info: model 'm/1' batches requests from now on (${reason})`]);
    });

    it.each([
      ['batching is configured', { batching: { enabled: true } }, {}],
      ['several runs overlap', {}, { concurrency: 2 }],
    ])('sends no trials where %s', async (_label, config, description) => {
      const fixture = createEngineFixture();
      const { clock, engine, events, host, submit } = fixture;
      const reasons = new Set<string>();
      events.subscribe('batchFinished', ({ reason }) => reasons.add(reason));
      host.description = { ...IDENTITY, ...description };
      runBatchesIn(fixture, { rowMs: 0.5 });
      const loading = engine.load(source(1, config));
      await clock.advance(1_000);
      await loading;
      for (let turn = 0; turn < 60; turn++) {
        for (let value = 0; value < 16; value++) submit(value);
        await clock.advance(20);
      }
      expect([...reasons]).toEqual(['full']);
    });
  });

  it('bounds the number of instances', async () => {
    const { engine } = createEngineFixture({ maxInstances: 2 });
    await engine.load(source(1));
    await expect(engine.load(source(2, { instances: { count: 2 } }))).rejects.toMatchObject({
      code: 'resource_exhausted',
      message: "model 'm/2' needs 2 instances, but 1 of engine.maxInstances 2 are taken",
    });
  });

  it('counts those that are being loaded among them, until they are or have failed', async () => {
    const { engine, host } = createEngineFixture({ maxInstances: 2 });
    const both = await Promise.allSettled(
      [1, 2].map((version) => engine.load(source(version, { instances: { count: 2 } }))),
    );
    expect(both).toMatchObject([
      { status: 'fulfilled' },
      { reason: { message: "model 'm/2' needs 2 instances, but 2 of engine.maxInstances 2 are taken" } },
    ]);
    await engine.unload('m', 1);
    host.failure = new MillraceError('internal', 'broken');
    await expect(engine.load(source(1, { instances: { count: 2 } }))).rejects.toThrow('broken');
    host.failure = undefined;
    await engine.load(source(2, { instances: { count: 2 } }));
  });
});

describe('the limits of a model', () => {
  const config = { limits: { executionTimeoutMs: 300, streamIdleTimeoutMs: 5_000 }, batching: { enabled: true } };

  it.each([
    ['of one answer is how long a run may take', { decoupled: false }, 300],
    ['of many answers is how long it may be until the next', { decoupled: true, needsEventLoop: true }, 5_000],
  ])('for one %s', async (_label, fields, limitMs) => {
    const { clock, engine, host, submit } = createEngineFixture();
    host.description = { ...IDENTITY, ...fields };
    await engine.load(source(1, config));
    host.automatic = false;
    const outcome = submit(1);
    await clock.advance(limitMs - 1);
    expect(outcome.kind).toBe('pending');
    await clock.advance(1);
    expect(host.instances[0]?.death).toContain(`${limitMs} ms`);
  });

  it('of many answers is that of a run where none is set', async () => {
    const { clock, engine, host, submit } = createEngineFixture();
    host.description = { ...IDENTITY, decoupled: true, needsEventLoop: true };
    await engine.load(source(1, { limits: { executionTimeoutMs: 300 } }));
    host.automatic = false;
    submit(1);
    await clock.advance(300);
    expect(host.instances[0]?.death).toBe("the runner died: a batch of model 'm/1' gave no answer for 300 ms");
  });

  it('of one that generates text is a minute where none is set', async () => {
    const { clock, engine, host } = createEngineFixture();
    const generate = { contextTokens: 8, maxOutputTokens: 8, chat: false };
    const signature = generationSignature(generate);
    host.description = { ...IDENTITY, signature, decoupled: true, needsEventLoop: true, tasks: { generate } };
    await engine.load(source(1, { limits: { executionTimeoutMs: 300 } }));
    host.automatic = false;
    const inputs = tensorsOfPrompt(textPrompt('In the'));
    const ref = engine.serving('m')[0]?.ref ?? { name: '', version: 0, generation: 0 };
    engine.submit(ref, { request: request(1, { inputs }), call: call(), sink: new Outcome() });
    await clock.advance(59_999);
    expect(host.instances[0]?.death).toBeUndefined();
    await clock.advance(1);
    expect(host.instances[0]?.death).toBe("the runner died: a batch of model 'm/1' gave no answer for 60000 ms");
  });

  it.each([
    ['bytes', undefined, 16],
    ['tokens', 'tokens' as const, 6],
  ])('holds for the cost of a batch, in %s', async (_label, costUnit, maxBatchCost) => {
    const { clock, engine, host, submit } = createEngineFixture();
    host.description = costUnit === undefined ? IDENTITY : { ...IDENTITY, costUnit };
    await engine.load(source(1, { batching: { enabled: true, maxBatchCost } }));
    host.automatic = false;
    for (const value of [1, 2, 3]) submit(value);
    await clock.flush();
    // Of eight bytes, or three tokens, each.
    expect(host.instances[0]?.running?.batch.rows).toBe(2);
  });
});
