import { describe, expect, it } from 'vitest';
import { item, load, outcome, ROWS, run } from '../../../test/support/script-fixture.js';
import { batchItem, texts } from '../../../test/support/tensors.js';
import { runBatch } from '../../../test/support/test-host.js';
import type { Tensor } from '../../core/index.js';
import { answer, defineModel, ModelError } from '../../model/index.js';

describe('a model that answers one request', () => {
  it('adds to what it was given, with what load returned', async () => {
    const { model, log } = await load(
      defineModel({
        ...ROWS,
        load: ({ folder, name, version, parameters, log: { info } }) => {
          info(`${name}/${version} in ${folder} with ${parameters.bias}`);
          return Number(parameters.bias);
        },
        infer: ({ inputs }, { loaded }) => ({ y: inputs.x.data.map((value) => value + loaded) }),
      }),
      { parameters: { bias: '3' } },
    );
    expect(log).toEqual(['info: model/1 in /models/m/1 with 3']);
    expect(await run(model, item(1, [1, 2]), item(2, [3, 4]))).toEqual([
      { callId: 1, y: [4, 5] },
      { callId: 2, y: [6, 7] },
    ]);
  });

  it('takes what it throws to that caller only, with its code, and the stack of the unexpected to the log', async () => {
    const { model, log } = await load(
      defineModel({
        ...ROWS,
        infer({ inputs: { x }, requestId }) {
          if (x.data[0] === 1) throw new ModelError('not_found', 'no such row');
          if (x.data[0] === 2) throw new RangeError(`out of range in ${requestId}`);
          // biome-ignore lint/style/useThrowOnlyError: scripts do such things
          if (x.data[0] === 3) throw 'text';
          return { y: x };
        },
      }),
    );
    const context = { requestId: 'abc', clientId: '', ownerId: '', traceparent: '', remainingMs: 5 };
    expect(
      await run(model, item(1, [1, 0]), { ...item(2, [2, 0]), context }, item(3, [3, 0]), item(4, [4, 0])),
    ).toEqual([
      { callId: 1, error: 'not_found: no such row' },
      { callId: 2, error: "internal: model 'model' failed with RangeError; the server log has the details" },
      { callId: 3, error: "internal: model 'model' failed with a thrown string; the server log has the details" },
      { callId: 4, y: [4, 0] },
    ]);
    expect(log).toEqual([
      expect.stringMatching(/^error: infer failed \(request abc\): RangeError: out of range in abc\n {4}at /),
      'error: infer failed: text',
    ]);
  });

  it('waits for all requests of a batch at a time', async () => {
    let waiting = 0;
    let release = () => {};
    const all = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { model } = await load(
      defineModel({
        ...ROWS,
        async infer({ inputs }) {
          waiting++;
          if (waiting === 3) release();
          await all;
          if (inputs.x.data[0] === 2) throw new ModelError('unavailable', 'later');
          return answer({ y: inputs.x.toNested() as number[][] }, { waiting });
        },
      }),
    );
    expect(await run(model, item(1, [1, 0]), item(2, [2, 0]), item(3, [3, 0]))).toEqual([
      { callId: 1, y: [1, 0], parameters: { waiting: 3 } },
      { callId: 2, error: 'unavailable: later' },
      { callId: 3, y: [3, 0], parameters: { waiting: 3 } },
    ]);
  });

  it('aborts the signal of a request that nobody waits for, and answers its mates', async () => {
    const reasons: unknown[] = [];
    const { model } = await load(
      defineModel({
        ...ROWS,
        infer: ({ inputs, signal }) =>
          inputs.x.data[0] === 1
            ? new Promise<never>((_, reject) => {
                signal.addEventListener('abort', () => {
                  reasons.push(signal.reason.message);
                  reject(new Error('given up'));
                });
              })
            : { y: inputs.x },
      }),
    );
    const running = run(model, item(1, [1, 0]), item(2, [2, 0]));
    model.cancel(1);
    expect(await running).toEqual([
      { callId: 1, error: 'cancelled: the request was cancelled' },
      { callId: 2, y: [2, 0] },
    ]);
    expect(reasons).toEqual(['the request was cancelled']);
  });

  it.each([
    [undefined, 'expected an object of outputs by name, got nothing'],
    [{}, "output 'y' is missing"],
    [{ y: [1, 2], z: 1 }, "there is no output 'z'; the model's outputs are 'y'"],
    [{ y: new Float32Array(3) }, "output 'y': expected FP32[1,2], got FP32[3]"],
    [{ y: { data: [1, 2], shape: [2, 1] } }, "output 'y': expected FP32[1,2], got FP32[2,1]"],
    [{ y: { data: [1, 2, 3], shape: [1, 2] } }, "output 'y': FP32[1,2] does not hold 3 elements"],
    [{ y: ['a', 'b'] }, "output 'y'[0] is 'a', which FP32 cannot hold"],
    [{ y: [[1], [2, 3]] }, "output 'y'[1] has 2 elements where its neighbours have 1"],
  ])('is told what is wrong with the answer %j', async (result, message) => {
    const { model } = await load({ ...ROWS, infer: () => result });
    expect(await run(model, item(1, [1, 2]))).toEqual([
      { callId: 1, error: `internal: the model's answer is wrong: ${message}` },
    ]);
  });

  it('may leave out an output that it says to be undefined', async () => {
    const { model } = await load(defineModel({ ...ROWS, infer: () => ({ y: undefined }) }));
    expect((await runBatch(model, [item(1, [1, 2])])).emissions).toEqual([{ callId: 1, outputs: [], final: true }]);
  });

  it('sees text, truth, half floats and single values as what they are', async () => {
    const { model } = await load(
      defineModel({
        inputs: { t: 'BYTES[-1]', b: 'BOOL[1]', h: 'FP16[1]', n: 'INT64[1]', absent: 'FP32[1]?' },
        outputs: { y: 'BYTES[-1]' },
        infer: ({ inputs: { t, b, h, n, absent } }) => ({
          y: [...t.data, `${b.value} ${h.value} ${n.value} ${absent?.value} ${t.bytes()[0]?.length}`],
        }),
      }),
    );
    const inputs: Tensor[] = [
      texts('t', [2], ['ä', 'b']),
      { name: 'b', datatype: 'BOOL', shape: [1], data: Uint8Array.of(1) },
      { name: 'h', datatype: 'FP16', shape: [1], data: Uint8Array.of(0, 0x3e) },
      { name: 'n', datatype: 'INT64', shape: [1], data: new Uint8Array(BigInt64Array.of(-5n).buffer) },
    ];
    const { emissions } = await runBatch(model, [batchItem(1, inputs)]);
    expect(emissions[0]?.outputs).toEqual([texts('y', [3], ['ä', 'b', 'true 1.5 -5 undefined 2'])]);
  });

  it('finds the one value of a tensor, and blames the caller where there are several', async () => {
    const { model } = await load(defineModel({ ...ROWS, infer: ({ inputs }) => ({ y: [inputs.x.value, 0] }) }));
    expect(await run(model, item(1, [1, 2]))).toEqual([
      { callId: 1, error: "invalid_argument: 'x': expected one element, got FP32[1,2]" },
    ]);
  });

  it('is asked to close', async () => {
    const closed: unknown[] = [];
    const { model } = await load(
      defineModel({
        ...ROWS,
        load: () => 'a file',
        infer: ({ inputs }) => ({ y: inputs.x }),
        close: ({ loaded }) => void closed.push(loaded),
      }),
    );
    await model.close();
    expect(closed).toEqual(['a file']);
  });
});

describe('a model that is given whole batches', () => {
  it('answers them in order, an error for some', async () => {
    const { model } = await load(
      defineModel({
        ...ROWS,
        batched: true,
        infer: (requests) =>
          requests.map(({ inputs: { x } }) =>
            x.data[0] === 2 ? new ModelError('invalid_argument', 'not two') : { y: [requests.length, x.data[1] ?? 0] },
          ),
      }),
    );
    expect(await run(model, item(1, [1, 1]), item(2, [2, 2]), item(3, [3, 3]))).toEqual([
      { callId: 1, y: [3, 1] },
      { callId: 2, error: 'invalid_argument: not two' },
      { callId: 3, y: [3, 3] },
    ]);
  });

  it.each([
    [() => [{ y: [1, 2] }], "internal: the model's answer is wrong: 2 answers expected, got 1"],
    [() => ({ y: [1, 2] }), "internal: the model's answer is wrong: 2 answers expected, got no list"],
    [() => Promise.reject(new ModelError('unavailable', 'no')), 'unavailable: no'],
  ])('fails as a whole where it does not', async (infer, message) => {
    const { model } = await load({ ...ROWS, batched: true, infer });
    const failed = run(model, item(1, [1, 1]), item(2, [2, 2])).catch(({ code, message: text }) => `${code}: ${text}`);
    expect(await failed).toBe(message);
  });
});

describe('a model that answers any number of times', () => {
  const counting = defineModel({
    inputs: { x: 'FP32[1,-1]' },
    outputs: { y: 'FP32[1]' },
    async *infer({ inputs, parameters }) {
      for (const value of inputs.x.data) {
        if (value < 0) yield new ModelError('invalid_argument', `negative: ${value}`);
        else yield answer({ y: [value] }, { of: inputs.x.data.length });
      }
      if (parameters.fail === true) throw new ModelError('unavailable', 'broken off');
    },
  });

  it('says so, and answers as often as it yields, then ends', async () => {
    const { model } = await load(counting);
    expect(model.description).toMatchObject({ decoupled: true, concurrency: 64 });
    const parameters = { of: 3 };
    expect(await run(model, item(1, [1, -2, 3]))).toEqual([
      { callId: 1, y: [1], parameters, final: false },
      { callId: 1, error: 'invalid_argument: negative: -2', final: false },
      { callId: 1, y: [3], parameters, final: false },
      { callId: 1, y: [] },
    ]);
    expect(await run(model, item(2, []))).toEqual([{ callId: 2, y: [] }]);
    expect(await run(model, item(3, [], { fail: true }))).toEqual([{ callId: 3, error: 'unavailable: broken off' }]);
  });

  it('goes on when the reader has room again, and ends early, with its last block, when there is none left', async () => {
    const steps: string[] = [];
    const { model } = await load(
      defineModel({
        inputs: { x: 'FP32[1,-1]' },
        outputs: { y: 'FP32[1]' },
        *infer({ inputs }) {
          try {
            for (const value of inputs.x.data) {
              steps.push(`yields ${value}`);
              yield { y: value };
            }
          } finally {
            steps.push('cleans up');
          }
        },
      }),
    );
    let takeNext = () => {};
    const emissions: ReturnType<typeof outcome>[] = [];
    const emitted = (count: number) =>
      new Promise<void>((resolve) => {
        const look = () => (emissions.length < count ? setImmediate(look) : resolve());
        look();
      });
    const running = model.execute({ id: 1, items: [item(7, [1, 2, 3])], rows: 1, outputs: undefined }, (batch) => {
      emissions.push(...batch.map(outcome));
      return [
        new Promise<void>((resolve) => {
          takeNext = resolve;
        }),
      ];
    });
    await emitted(1);
    expect(steps).toEqual(['yields 1']);
    takeNext();
    await emitted(2);
    expect(steps).toEqual(['yields 1', 'yields 2']);
    model.cancel(7);
    takeNext();
    await emitted(3);
    takeNext();
    await running;
    expect(steps).toEqual(['yields 1', 'yields 2', 'cleans up']);
    expect(emissions.at(-1)).toEqual({ callId: 7, error: 'cancelled: the request was cancelled' });
  });
});

describe('a model with state', () => {
  const summing = defineModel({
    inputs: { x: 'FP32[1,-1]' },
    outputs: { y: 'FP32[1]' },
    stateful: true,
    start: ({ id }) => ({ sum: typeof id === 'bigint' ? 100 : 0 }),
    infer({ inputs, sequence }) {
      sequence.state.sum += inputs.x.value;
      return { y: sequence.state.sum };
    },
  });
  const step = (slot: number, value: number, { start = false, end = false, id = 'a' as string | bigint } = {}) => ({
    ...item(slot, [value]),
    sequence: { slot, start, end, id },
  });

  it('keeps that of each sequence apart, from its start to its end', async () => {
    const { model } = await load(summing);
    expect(model.description.stateful).toBe(true);
    const first = await run(model, step(0, 1, { start: true }), step(1, 1, { start: true, id: 5n }));
    expect(first).toEqual([
      { callId: 0, y: [1] },
      { callId: 1, y: [101] },
    ]);
    expect(await run(model, step(0, 2, { end: true }))).toEqual([{ callId: 0, y: [3] }]);
    expect(await run(model, step(0, 2))).toEqual([
      { callId: 0, error: 'invalid_argument: sequence a has not been started' },
    ]);
    expect(await run(model, step(1, 9, { start: true }))).toEqual([{ callId: 1, y: [9] }]);
  });

  it('gives a request without a sequence, as at warm-up, a state of its own', async () => {
    const { model } = await load(summing);
    expect(await run(model, item(1, [4]), item(2, [5]))).toEqual([
      { callId: 1, y: [4] },
      { callId: 2, y: [5] },
    ]);
  });
});

it('a model that keeps state is never run twice for the same request, whatever it says', async () => {
  const { model } = await load(
    defineModel({ ...ROWS, stateful: true, pure: true, start: () => ({}), infer: ({ inputs }) => ({ y: inputs.x }) }),
  );
  expect(model.description.pure).toBe(false);
});
