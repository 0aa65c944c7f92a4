import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createModelConfigSchema } from '../../src/repository/index.js';
import { explainMismatches } from '../../src/repository/yaml/explain.js';
import type { BatchItem, Emission } from '../../src/runtimes/index.js';
import TOY from '../fixtures/toy-runtime/manifest.mjs';
import { expectOwnAnswer, PLACEMENTS, pairItem, runtimeCases, SIGNATURE } from '../support/runtime-cases.js';
import { batchItem, fp32, numbersOf } from '../support/tensors.js';
import { createTestHost, loadSpec, runBatch, type TestHost } from '../support/test-host.js';

const folder = mkdtempSync(path.join(tmpdir(), 'millrace-contract-'));
afterAll(() => rmSync(folder, { recursive: true }));

for (const [manifest, runtimeCase] of runtimeCases(folder)) {
  const runtimeName = manifest.name;
  const allowed = PLACEMENTS.filter(([, { kind }]) => manifest.placements?.includes(kind) ?? true);
  describe.each(allowed)(`the ${runtimeName} runtime %s`, (_label, placement) => {
    let hosted: TestHost;
    const load = () => hosted.load(runtimeCase.spec, placement);

    beforeEach(() => {
      hosted = createTestHost({ runtimes: [TOY] });
    });
    afterEach(() => hosted.host.close());

    test('describes the model', async () => {
      const { description, id } = await load();
      expect(id).toBe('model/1#0');
      expect(description.signature).toMatchObject(SIGNATURE);
      expect(description).toMatchObject({ pure: true, decoupled: false, stateful: false });
    });

    test('runs as many batches at a time as it says, and needs an event loop where it waits', async () => {
      const instance = await load();
      const { concurrency, needsEventLoop } = instance.description;
      expect(concurrency).toBeGreaterThanOrEqual(1);
      expect(needsEventLoop || concurrency === 1).toBe(true);
      const items = Array.from({ length: concurrency + 1 }, (_, index) => pairItem(index, 1));
      const answers = await Promise.all(items.map((item) => runBatch(instance, [item])));
      for (const [index, item] of items.entries()) expectOwnAnswer(answers[index]?.emissions[0], item);
    });

    test('takes what it is told of the call and the sequence behind an item', async () => {
      const instance = await load();
      const context = {
        requestId: 'ä',
        clientId: '',
        ownerId: 'ü',
        traceparent: '',
        remainingMs: Number.POSITIVE_INFINITY,
      };
      const sequence = { slot: 0, start: true, end: true, id: 2n ** 64n - 1n };
      const item = { ...pairItem(1, 1), context, sequence };
      expectOwnAnswer((await runBatch(instance, [item])).emissions[0], item);
    });

    test('answers a single item and says where the time went', async () => {
      const instance = await load();
      const item = pairItem(7, 1);
      const { emissions, timing } = await runBatch(instance, [item]);
      expect(emissions).toHaveLength(1);
      expectOwnAnswer(emissions[0], item);
      expect(Object.values(timing).every((ms) => ms >= 0)).toBe(true);
    });

    test('gives each item of a batch its own rows', async () => {
      const instance = await load();
      const items = [pairItem(1, 1), pairItem(2, 3), pairItem(3, 2), pairItem(4, 1)];
      const { emissions } = await runBatch(instance, items);
      expect(emissions).toHaveLength(4);
      for (const [index, item] of items.entries()) expectOwnAnswer(emissions[index], item);
    });

    test('carries call ids beyond 32 bits', async () => {
      const instance = await load();
      const { emissions } = await runBatch(instance, [
        { ...pairItem(1, 1), callId: Number.MAX_SAFE_INTEGER },
        { ...pairItem(1, 1), callId: 4_294_967_296 },
      ]);
      expect(emissions.map((emission) => emission.callId)).toEqual([Number.MAX_SAFE_INTEGER, 4_294_967_296]);
    });

    test('gives only the outputs that are wanted', async () => {
      const instance = await load();
      const { emissions } = await runBatch(instance, [pairItem(1, 1), pairItem(2, 1)], { outputs: ['b_out'] });
      expect(emissions.map((emission) => emission.outputs.map((output) => output.name))).toEqual([
        ['b_out'],
        ['b_out'],
      ]);
    });

    test('takes items without rows', async () => {
      const instance = await load();
      const { emissions } = await runBatch(instance, [pairItem(1, 0)]);
      expect(emissions[0]?.outputs.map((output) => output.shape)).toEqual([[0, 2], [0]]);
    });

    test('answers several outstanding batches in order, and leaves earlier answers as they are', async () => {
      const instance = await load();
      const ended: number[] = [];
      const runs = Array.from({ length: 20 }, async (_, index) => {
        const item = pairItem(index, 1 + (index % 3));
        const { emissions } = await runBatch(instance, [item]);
        ended.push(index);
        return { item, emissions };
      });
      for (const { item, emissions } of await Promise.all(runs)) expectOwnAnswer(emissions[0], item);
      expect(ended).toEqual(Array.from({ length: 20 }, (_, index) => index));
    });

    test('rejects a batch that fails as a whole, without a final emission, and goes on', async () => {
      const instance = await load();
      const emissions: Emission[] = [];
      const items = [pairItem(1, 1), runtimeCase.poison(pairItem(2, 1)), pairItem(3, 1)];
      const failed = instance.execute({ id: 1, items, rows: 3, outputs: undefined }, (emitted) => {
        emissions.push(...emitted);
      });
      await expect(failed).rejects.toMatchObject({ code: 'internal', message: runtimeCase.failure });
      expect(emissions.filter((emission) => emission.final)).toEqual([]);
      const item = pairItem(4, 1);
      expectOwnAnswer((await runBatch(instance, [item])).emissions[0], item);
    });

    test('ignores the cancellation of an item that is unknown or done', async () => {
      const instance = await load();
      instance.cancel(99);
      instance.grant(99, 1);
      const item = pairItem(1, 1);
      expectOwnAnswer((await runBatch(instance, [item])).emissions[0], item);
      instance.cancel(1);
      instance.grant(1, 1);
      expectOwnAnswer((await runBatch(instance, [item])).emissions[0], item);
    });

    test('refuses what it cannot load', async () => {
      const { spec: brokenSpec, message } = runtimeCase.broken;
      await expect(hosted.load(brokenSpec, placement)).rejects.toMatchObject({ code: 'invalid_argument', message });
    });

    // Those from outside are given what the schema of their section has let through.
    if (manifest.module === undefined) {
      test('refuses unknown options', async () => {
        const loading = hosted.load({ ...runtimeCase.spec, options: { sped: 1 } }, placement);
        await expect(loading).rejects.toMatchObject({ code: 'invalid_argument' });
        await expect(loading).rejects.toThrow(`${runtimeName}.sped: unknown option; expected one of`);
      });
    }

    test('has no section of model.yaml that takes unknown options', () => {
      const schema = createModelConfigSchema([manifest]);
      const [mismatch] = explainMismatches(schema, { [runtimeName]: { sped: 1 } });
      const key = manifest.options === undefined ? runtimeName : `${runtimeName}.sped`;
      expect(mismatch?.message).toBe(`unknown key '${key}'`);
    });

    test('can be closed and loaded again', async () => {
      const first = await load();
      await first.close();
      const item = pairItem(1, 1);
      expectOwnAnswer((await runBatch(await load(), [item])).emissions[0], item);
    });
  });
}

describe.each(PLACEMENTS)('a runtime of many answers %s', (_label, placement) => {
  let hosted: TestHost;
  beforeEach(() => {
    hosted = createTestHost();
  });
  afterEach(() => hosted.host.close());
  const load = () =>
    hosted.load(loadSpec({ runtime: 'echo', declared: SIGNATURE, options: { mode: 'repeat' } }), placement);

  test('says so, and answers each item as often as it asks, the last time finally', async () => {
    const instance = await load();
    expect(instance.description.decoupled).toBe(true);
    const { emissions } = await runBatch(instance, [
      pairItem(1, 1, { times: 3 }),
      pairItem(2, 1, { times: 0 }),
      pairItem(3, 1),
    ]);
    const of = (callId: number) => emissions.filter((emission) => emission.callId === callId);
    expect(of(1).map((emission) => [emission.final, emission.parameters, emission.outputs.length])).toEqual([
      [false, { round: 1 }, 2],
      [false, { round: 2 }, 2],
      [true, { round: 3 }, 2],
    ]);
    expect(of(2)).toEqual([{ callId: 2, outputs: [], final: true }]);
    expect(of(3).map((emission) => emission.final)).toEqual([true]);
  });

  test('answers before the batch has ended', async () => {
    const instance = await load();
    const order: string[] = [];
    const items = [pairItem(1, 1, { times: 3 })];
    await instance.execute({ id: 1, items, rows: 1, outputs: undefined }, () => void order.push('answer'));
    expect([...order, 'end']).toEqual(['answer', 'answer', 'answer', 'end']);
  });

  test('fails only the item whose parameters are wrong', async () => {
    const instance = await load();
    const { emissions } = await runBatch(instance, [pairItem(1, 1, { times: -1 }), pairItem(2, 1)]);
    expect(emissions[0]).toEqual({
      callId: 1,
      outputs: [],
      error: {
        code: 'invalid_argument',
        message: "parameter 'times': expected an integer between 0 and 100000, got -1",
        subject: { parameter: 'times' },
      },
      final: true,
    });
    expectOwnAnswer(emissions[1], pairItem(2, 1));
  });

  test('hands over parameters of every type unchanged', async () => {
    const instance = await load();
    const parameters = { times: 1, big: 12_345_678_901_234_567_890n, text: 'ä\u0000', truth: false, small: -0.5 };
    const { emissions } = await runBatch(instance, [pairItem(1, 1, parameters)]);
    expect(emissions).toHaveLength(1);
  });
});

describe.each(PLACEMENTS)('a runtime with state %s', (_label, placement) => {
  let hosted: TestHost;
  beforeEach(() => {
    hosted = createTestHost();
  });
  afterEach(() => hosted.host.close());
  const load = () =>
    hosted.load(loadSpec({ runtime: 'echo', declared: SIGNATURE, options: { mode: 'accumulate' } }), placement);
  const inSlot = (slot: number, value: number, { start = false, end = false } = {}): BatchItem => ({
    ...batchItem(slot, [fp32('a', [1, 2], [value, 0]), fp32('b', [1], [value])]),
    sequence: { slot, start, end, id: 'a' },
  });
  const sums = (emissions: readonly Emission[]) =>
    emissions.map((emission) => emission.error?.message ?? numbersOf(emission.outputs[1])[0]);

  test('says so, and keeps the state of each sequence apart', async () => {
    const instance = await load();
    expect(instance.description).toMatchObject({ stateful: true, pure: false });
    const starts = [inSlot(0, 1, { start: true }), inSlot(1, 10, { start: true })];
    expect(sums((await runBatch(instance, starts)).emissions)).toEqual([1, 10]);
    expect(sums((await runBatch(instance, [inSlot(1, 20), inSlot(0, 2)])).emissions)).toEqual([30, 3]);
    expect(sums((await runBatch(instance, [inSlot(0, 3, { end: true })])).emissions)).toEqual([6]);
  });

  test('refuses to continue a sequence that has ended, and starts anew where told so', async () => {
    const instance = await load();
    await runBatch(instance, [inSlot(0, 1, { start: true, end: true })]);
    const refused = await runBatch(instance, [inSlot(0, 2)]);
    expect(sums(refused.emissions)).toEqual(['echo: no sequence has been started in slot 0']);
    await runBatch(instance, [inSlot(0, 5, { start: true })]);
    expect(sums((await runBatch(instance, [inSlot(0, 7, { start: true })])).emissions)).toEqual([7]);
  });
});
