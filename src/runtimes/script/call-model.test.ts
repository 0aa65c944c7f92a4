import { describe, expect, it } from 'vitest';
import { item, load, run } from '../../../test/support/script-fixture.js';
import { fp32 } from '../../../test/support/tensors.js';
import type { Tensor } from '../../core/index.js';
import { answer, defineModel, ModelError } from '../../model/index.js';
import type { CallModel, ModelRequest } from '../model-calls.js';

describe('another model', () => {
  const declared = { inputs: { x: 'FP32[1,-1]' }, outputs: { y: 'FP32[-1]' } } as const;
  const requests: (ModelRequest & { readonly callId: number })[] = [];

  /** Other models, all of which answer the same. */
  function answering(...answers: readonly Tensor[]): CallModel {
    requests.length = 0;
    return async function* (callId, request) {
      requests.push({ callId, ...request });
      for (const tensor of answers) yield { outputs: [tensor], parameters: { n: 1 } };
    };
  }

  it('is called on behalf of the request, with tensors of any form', async () => {
    const definition = defineModel({
      ...declared,
      async infer({ inputs }, { model: other }) {
        const { outputs } = await other('b', { version: 2 }).infer(
          { a: inputs.x, b: [['t']], c: [true], d: 1n, e: [1, 2], f: { data: [3], shape: [1], datatype: 'INT8' } },
          { outputs: ['o'], parameters: { p: 1 }, sequence: { id: 4n, start: true } },
        );
        return { y: outputs.o };
      },
    });
    const { model } = await load(definition, {}, answering(fp32('o', [2], [7, 8])));
    expect(await run(model, item(9, [5]))).toEqual([{ callId: 9, y: [7, 8] }]);
    const [request] = requests;
    expect(request).toMatchObject({
      callId: 9,
      modelName: 'b',
      modelVersion: 2,
      outputs: ['o'],
      parameters: { p: 1 },
      sequence: { id: 4n, start: true, end: false },
    });
    expect(request?.inputs.map(({ name, datatype, shape }) => `${name} ${datatype}[${shape}]`)).toEqual([
      ...['a FP32[1,1]', 'b BYTES[1,1]', 'c BOOL[1]', 'd INT64[1]', 'e FP32[2]', 'f INT8[1]'],
    ]);
  });

  it('may be read as a stream, until the reader has enough', async () => {
    const definition = defineModel({
      ...declared,
      async *infer(_request, context) {
        for await (const { outputs, parameters } of context.model('b').stream({})) {
          yield answer({ y: outputs.o }, parameters);
          if (outputs.o?.value === 2) return;
        }
      },
    });
    const answers = [1, 2, 3].map((value) => fp32('o', [1], [value]));
    const { model } = await load(definition, {}, answering(...answers));
    expect(await run(model, item(1, []))).toEqual([
      { callId: 1, y: [1], parameters: { n: 1 }, final: false },
      { callId: 1, y: [2], parameters: { n: 1 }, final: false },
      { callId: 1, y: [] },
    ]);
  });

  it('is given a single value as a tensor of shape [1]', async () => {
    const given: ModelRequest[] = [];
    const { model } = await load(
      defineModel({
        ...declared,
        infer: async (_request, context) => ({ y: (await context.model('b').infer({ t: 'text', n: 5 })).outputs.o }),
      }),
      {},
      (callId, request) => {
        given.push(request);
        return answering(fp32('o', [1], [1]))(callId, request);
      },
    );
    expect(await run(model, item(1, []))).toMatchObject([{ callId: 1, y: [1] }]);
    expect(given[0]?.inputs.map(({ name, datatype, shape }) => [name, datatype, shape])).toEqual([
      ['t', 'BYTES', [1]],
      ['n', 'FP32', [1]],
    ]);
  });

  const forwarding = defineModel({
    ...declared,
    infer: async (_request, { model }) => ({ y: (await model('b').infer({})).outputs.o }),
  });

  it.each([
    [[], "internal: model 'b' ended without an answer; use stream instead of infer"],
    [[1, 2], "internal: model 'b' answered more than once; use stream instead of infer"],
  ])('must answer infer once, not with %j', async (values, error) => {
    const { model } = await load(forwarding, {}, answering(...values.map((value) => fp32('o', [1], [value]))));
    expect(await run(model, item(1, []))).toEqual([{ callId: 1, error }]);
  });

  it('is given up by a signal, and its error is that of the request', async () => {
    const never: CallModel = () => ({
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }),
    });
    const aborting = defineModel({
      ...declared,
      infer: async (_request, { model }) => {
        const signal = AbortSignal.abort(new ModelError('deadline_exceeded', 'too late'));
        return { y: (await model('b').infer({}, { signal })).outputs.o };
      },
    });
    const { model } = await load(aborting, {}, never);
    expect(await run(model, item(1, []))).toEqual([{ callId: 1, error: 'deadline_exceeded: too late' }]);
  });

  it('is left by a signal that comes while it works', async () => {
    let left = 0;
    const never: CallModel = () => {
      const answers: ReturnType<CallModel> & AsyncIterator<never> = {
        [Symbol.asyncIterator]: () => answers,
        next: () => new Promise(() => undefined),
        return: async () => {
          left++;
          return { done: true, value: undefined };
        },
      };
      return answers;
    };
    const impatient = defineModel({
      ...declared,
      infer: async (_request, { model }) => {
        const controller = new AbortController();
        setImmediate(() => controller.abort(new ModelError('deadline_exceeded', 'too slow')));
        return { y: (await model('b').infer({}, { signal: controller.signal })).outputs.o };
      },
    });
    const { model } = await load(impatient, {}, never);
    expect(await run(model, item(1, []))).toEqual([{ callId: 1, error: 'deadline_exceeded: too slow' }]);
    expect(left).toBe(1);
  });
});
