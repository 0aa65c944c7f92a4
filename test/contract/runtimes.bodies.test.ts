import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Signature, Tensor } from '../../src/core/index.js';
import { BodyArena, type Instance } from '../../src/runtimes/index.js';
import { createTempFolder } from '../support/model-folder.js';
import { batchItem, numbersOf } from '../support/tensors.js';
import { createTestHost, IN_PROCESS, INLINE, loadSpec, runBatch, type TestHost } from '../support/test-host.js';

const ELEMENTS = 100_000;
const SIGNATURE: Signature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, ELEMENTS], batchAxis: 0, optional: false }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, ELEMENTS], batchAxis: 0, optional: false }],
};

let bodies: BodyArena;
let hosted: TestHost;
beforeEach(async () => {
  const opened = BodyArena.open();
  if (opened === undefined) throw new Error('there is no shared memory');
  bodies = opened;
  await bodies.map();
  hosted = createTestHost({ bodies });
});
afterEach(async () => {
  await hosted.host.close();
  bodies.close();
});

/** One row of that value, at an offset of the body that is no multiple of its elements. */
function row(value: number): { readonly body: Uint8Array; readonly tensor: Tensor } {
  const body = bodies.claim(4 * ELEMENTS + 213, 213);
  if (body === undefined) throw new Error('nothing can be claimed');
  const tensor: Tensor = { name: 'x', datatype: 'FP32', shape: [1, ELEMENTS], data: body.subarray(213) };
  write(tensor, value);
  return { body, tensor };
}

function write({ data }: Tensor, value: number): void {
  new Float32Array(data.buffer, data.byteOffset, ELEMENTS).fill(value);
}

/** The one number of which each answer consists, by item. */
async function run(instance: Instance, tensors: readonly Tensor[]): Promise<readonly number[]> {
  const { emissions } = await runBatch(
    instance,
    tensors.map((tensor, index) => batchItem(index + 1, [tensor])),
  );
  return emissions
    .filter(({ outputs }) => outputs.length > 0)
    .sort((a, b) => a.callId - b.callId)
    .map(({ outputs, error }) => {
      if (error !== undefined) throw new Error(error.message);
      const numbers = numbersOf(outputs[0]) as number[];
      const [first = Number.NaN] = numbers;
      expect(numbers.every((number) => number === first)).toBe(true);
      return first;
    });
}

const echo = (options: Readonly<Record<string, unknown>> = {}) =>
  loadSpec({ runtime: 'echo', declared: SIGNATURE, maxBatchSize: 8, options });

describe('a runner', () => {
  test('reads large inputs where the server has received them', async () => {
    // Answers after a while, and so what lies there by then.
    const instance = await hosted.load(echo({ delayMs: 20 }));
    expect(instance.description.readsInPlace).toBe(true);
    const [first, second] = [row(1), row(2)];
    const running = run(instance, [first.tensor, second.tensor]);
    write(first.tensor, 3);
    expect(await running).toEqual([3, 2]);
  });

  test('that waits in the pipe reads them there, one or many at a time', async () => {
    const instance = await hosted.load(echo());
    const rows = [1, 2, 3].map(row);
    for (const { tensor } of rows) expect(await run(instance, [tensor])).toEqual([numbersOf(tensor)[0]]);
    const tensors = rows.map(({ tensor }) => tensor);
    expect(await run(instance, tensors)).toEqual([1, 2, 3]);
    const elsewhere = { ...(tensors[0] as Tensor), data: Uint8Array.from((tensors[0] as Tensor).data) };
    expect(await run(instance, [elsewhere, ...tensors])).toEqual([1, 1, 2, 3]);
  });

  test('of a stream reads them there as long as it answers', async () => {
    const instance = await hosted.load(echo({ mode: 'repeat' }));
    expect(instance.description).toMatchObject({ readsInPlace: true, decoupled: true });
    expect(await run(instance, [row(4).tensor])).toEqual([4]);
  });

  test('that dies leaves what others read', async () => {
    const [dying, living] = [
      await hosted.load(echo({ faults: true }), IN_PROCESS, 'a/1#0'),
      await hosted.load(echo(), IN_PROCESS, 'b/1#0'),
    ];
    const { tensor } = row(5);
    const items = [batchItem(1, [tensor], { parameters: { fault: 'exit' } })];
    await expect(runBatch(dying, items)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await run(living, [tensor])).toEqual([5]);
  });
});

describe('inputs are sent', () => {
  test('to models that are programs', async () => {
    await using folder = await createTempFolder({
      'model.js': `export default { inputs: { x: 'FP32[-1, ${ELEMENTS}]' }, outputs: { y: 'FP32[-1, ${ELEMENTS}]' },
        infer: ({ inputs }) => ({ y: inputs.x }) };`,
    });
    const instance = await hosted.load(loadSpec({ runtime: 'script', path: `${folder.path}/model.js` }));
    expect(instance.description.readsInPlace).toBe(false);
    expect(await run(instance, [row(6).tensor])).toEqual([6]);
  });

  test('to runners that models share', async () => {
    const shared = await hosted.load(echo(), { kind: 'process', runner: 'small', maxRssBytes: 0 });
    expect(shared.description.readsInPlace).toBe(false);
    expect(await run(shared, [row(7).tensor])).toEqual([7]);
  });

  test('to models that keep them', async () => {
    const instance = await hosted.load(echo({ mode: 'accumulate' }));
    expect(instance.description.readsInPlace).toBe(false);
  });

  test('to models whose inputs are small', async () => {
    const [input] = SIGNATURE.inputs;
    const declared = {
      inputs: [{ ...input, shape: [-1, 16] }],
      outputs: [{ ...SIGNATURE.outputs[0], shape: [-1, 16] }],
    };
    const instance = await hosted.load(loadSpec({ runtime: 'echo', declared: declared as Signature }));
    expect(instance.description.readsInPlace).toBe(false);
  });

  test('where there is no memory of bodies', async () => {
    const without = createTestHost();
    const instance = await without.load(echo());
    expect(instance.description.readsInPlace).toBe(false);
    expect(await run(instance, [row(8).tensor])).toEqual([8]);
    await without.host.close();
  });

  test('nowhere where models run in the serving thread', async () => {
    expect(await run(await hosted.load(echo(), INLINE), [row(9).tensor])).toEqual([9]);
  });
});
