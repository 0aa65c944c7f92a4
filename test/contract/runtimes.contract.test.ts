import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import type { Parameters, Signature, Tensor } from '../../src/core/index.js';
import { createModelConfigSchema } from '../../src/repository/index.js';
import { explainMismatches } from '../../src/repository/yaml/explain.js';
import { ECHO } from '../../src/runtimes/echo/manifest.js';
import type { BatchItem, Emission, LoadSpec, Placement, RuntimeManifest } from '../../src/runtimes/index.js';
import { ONNX } from '../../src/runtimes/onnx/manifest.js';
import { SCRIPT } from '../../src/runtimes/script/manifest.js';
import TOY from '../fixtures/toy-runtime/manifest.mjs';
import { writeOnnx } from '../support/onnx-builder.js';
import { batchItem, fp32, numbersOf } from '../support/tensors.js';
import { createTestHost, IN_PROCESS, INLINE, loadSpec, runBatch, type TestHost } from '../support/test-host.js';

/**
 * What every runtime is given here: a model with inputs `a` FP32[-1,2] and `b` FP32[-1], outputs `a_out` and `b_out`
 * with the same values, which fails as a whole when `poison` makes one item of a batch bad.
 */
interface RuntimeCase {
  readonly spec: LoadSpec;
  readonly broken: { readonly spec: LoadSpec; readonly message: string };
  readonly poison: (item: BatchItem) => BatchItem;
  readonly failure: string;
}

const folder = mkdtempSync(path.join(tmpdir(), 'millrace-contract-'));
afterAll(() => rmSync(folder, { recursive: true }));

const spec = (name: string, shape: readonly number[]) =>
  ({ name, datatype: 'FP32', shape, batchAxis: 0, optional: false }) as const;
const signature: Signature = {
  inputs: [spec('a', [-1, 2]), spec('b', [-1])],
  outputs: [spec('a_out', [-1, 2]), spec('b_out', [-1])],
};

const placements: readonly (readonly [string, Placement])[] = [
  ['inline', INLINE],
  ['in a process', IN_PROCESS],
];

function onnxCase(): RuntimeCase {
  const file = writeOnnx(path.join(folder, 'pair.onnx'), {
    inputs: [
      { name: 'a', type: 'float32', dims: ['N', 2] },
      { name: 'b', type: 'float32', dims: ['N'] },
    ],
    outputs: [
      { name: 'a_out', type: 'float32', dims: ['N', 2] },
      { name: 'b_out', type: 'float32', dims: ['N'] },
    ],
    // `b` chooses from 0…99, so that a value outside fails inside the graph.
    nodes: [
      { op: 'Identity', inputs: ['a'], outputs: ['a_out'] },
      { op: 'Cast', inputs: ['b'], outputs: ['index'], attributes: { to: 7 } },
      { op: 'Gather', inputs: ['table', 'index'], outputs: ['b_out'] },
    ],
    initializers: [
      { name: 'table', type: 'float32', dims: [100], data: Float32Array.from({ length: 100 }, (_, i) => i) },
    ],
  });
  return {
    spec: loadSpec({ runtime: 'onnx', path: file }),
    broken: {
      spec: loadSpec({ runtime: 'onnx', path: path.join(folder, 'absent.onnx') }),
      message: "the model file 'absent.onnx' does not exist",
    },
    poison: (item) => ({ ...item, inputs: [item.inputs[0] as Tensor, fp32('b', [1], [5_000])] }),
    failure:
      "the model failed: Non-zero status code returned while running Gather node. Name:'' Status Message: " +
      'indices element out of data bounds, idx=5000 must be within the inclusive range [-100,99]',
  };
}

function echoCase(): RuntimeCase {
  return {
    spec: loadSpec({ runtime: 'echo', declared: signature, options: { faults: true } }),
    broken: {
      spec: loadSpec({ runtime: 'echo' }),
      message: 'echo: declare its inputs and outputs in the model configuration',
    },
    poison: (item) => ({ ...item, parameters: { fault: 'raise' } }),
    failure: "echo: fault 'raise'",
  };
}

function scriptCase(): RuntimeCase {
  const file = path.join(folder, 'pair.ts');
  writeFileSync(
    file,
    `import { defineModel } from 'millrace/model';
    export default defineModel({
      inputs: { a: 'FP32[-1,2]', b: 'FP32[-1]' },
      outputs: { a_out: 'FP32[-1,2]', b_out: 'FP32[-1]' },
      maxBatchSize: 64,
      pure: true,
      batched: true,
      infer(requests) {
        return requests.map(({ inputs, parameters }) => {
          if (parameters.poison === true) throw new Error('poisoned');
          return { a_out: inputs.a, b_out: inputs.b.data };
        });
      },
    });`,
  );
  return {
    spec: loadSpec({ runtime: 'script', path: file }),
    broken: {
      spec: loadSpec({ runtime: 'script', path: path.join(folder, 'absent.ts') }),
      message: "the model file 'absent.ts' does not exist",
    },
    poison: (item) => ({ ...item, parameters: { poison: true } }),
    failure: "model 'model' failed with Error; the server log has the details",
  };
}

function pairItem(callId: number, rows: number, parameters: Parameters = {}): BatchItem {
  const values = Array.from({ length: rows }, (_, row) => (callId + row) % 100);
  return batchItem(
    callId,
    [
      fp32(
        'a',
        [rows, 2],
        values.flatMap((v) => [v, -v]),
      ),
      fp32('b', [rows], values),
    ],
    {
      rows,
      parameters,
    },
  );
}

function expectOwnAnswer(emission: Emission | undefined, item: BatchItem): void {
  expect(emission).toMatchObject({ callId: item.callId, final: true });
  expect(emission?.error).toBeUndefined();
  expect(emission?.outputs.map((output) => output.name)).toEqual(['a_out', 'b_out']);
  expect(emission?.outputs.map((output) => output.shape)).toEqual([[item.rows, 2], [item.rows]]);
  expect(emission?.outputs.map(numbersOf)).toEqual(item.inputs.map(numbersOf));
}

/** One from outside: it comes with a module of its own. */
function toyCase(): RuntimeCase {
  const file = path.join(folder, 'pair.toy');
  writeFileSync(file, '{ "a": [2], "b": [] }');
  return {
    spec: loadSpec({ runtime: 'toy', path: file }),
    broken: {
      spec: loadSpec({ runtime: 'toy', path: path.join(folder, 'absent.toy') }),
      message: "toy: 'absent.toy' is no JSON file",
    },
    poison: (item) => ({ ...item, parameters: { poison: true } }),
    failure: 'toy: poisoned',
  };
}

const cases: readonly (readonly [RuntimeManifest, RuntimeCase])[] = [
  [ONNX, onnxCase()],
  [ECHO, echoCase()],
  [SCRIPT, scriptCase()],
  [TOY, toyCase()],
];

for (const [manifest, runtimeCase] of cases) {
  const runtimeName = manifest.name;
  const allowed = placements.filter(([, { kind }]) => manifest.placements?.includes(kind) ?? true);
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
      expect(description.signature).toMatchObject(signature);
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
      const context = { requestId: 'ä', clientId: '', traceparent: '', remainingMs: Number.POSITIVE_INFINITY };
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

describe.each(placements)('a runtime of many answers %s', (_label, placement) => {
  let hosted: TestHost;
  beforeEach(() => {
    hosted = createTestHost();
  });
  afterEach(() => hosted.host.close());
  const load = () =>
    hosted.load(loadSpec({ runtime: 'echo', declared: signature, options: { mode: 'repeat' } }), placement);

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

describe.each(placements)('a runtime with state %s', (_label, placement) => {
  let hosted: TestHost;
  beforeEach(() => {
    hosted = createTestHost();
  });
  afterEach(() => hosted.host.close());
  const load = () =>
    hosted.load(loadSpec({ runtime: 'echo', declared: signature, options: { mode: 'accumulate' } }), placement);
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

test.each(placements)('an unknown runtime is refused %s', async (_label, placement) => {
  const { host, load } = createTestHost();
  await expect(load(loadSpec({ runtime: 'torch' }), placement)).rejects.toMatchObject({
    code: 'unimplemented',
    message: "unknown runtime 'torch'; expected one of echo, ensemble, onnx, script",
  });
  await host.close();
});

describe.each(placements)('a runtime from outside whose module is wrong %s', (_label, placement) => {
  it.each([
    [
      'absent.mjs',
      'failed_precondition',
      /^runtime 'toy': file:.*\/absent\.mjs cannot be imported: Cannot find (?:module|package)/,
    ],
    ['empty.mjs', 'failed_precondition', /^runtime 'toy': file:.*\/empty\.mjs exports no function createRuntime$/],
  ])('is refused with %s', async (file, code, message) => {
    writeFileSync(path.join(folder, 'empty.mjs'), 'export const answer = 42;');
    const toy = { ...TOY, module: pathToFileURL(path.join(folder, file)) };
    const { host, load } = createTestHost({ runtimes: [toy] });
    const error = await load(loadSpec({ runtime: 'toy' }), placement).catch((reason) => reason);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    await host.close();
  });
});

it.each([
  ['inline', INLINE, ['process'], "runtime 'toy' does not run inline; set instances.placement to process"],
  [
    'in a process',
    IN_PROCESS,
    ['inline'],
    "runtime 'toy' does not run in a process; set instances.placement to inline",
  ],
] as const)('a runtime that does not run %s is refused there', async (_label, placement, allowed, message) => {
  const { host, load } = createTestHost({ runtimes: [{ ...TOY, placements: allowed }] });
  const loading = load(loadSpec({ runtime: 'toy' }), placement);
  await expect(loading).rejects.toMatchObject({ code: 'invalid_argument', message });
  await host.close();
});
