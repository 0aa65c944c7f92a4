import { describe, expect, it } from 'vitest';
import { FakeClock } from '../test/support/fake-clock.js';
import { fakeModelInfo, fakeResolved } from '../test/support/fake-service.js';
import { NO_TIMING } from '../test/support/no-timing.js';
import { serviceOf, type UseCases } from '../test/support/service-of.js';
import type { App } from './app.js';
import { type Call, DeadlineWatch, type InferResponse, MillraceError } from './core/index.js';
import { createLocalModel } from './local-infer.js';
import type { InferResult } from './service/index.js';

const INFO = fakeModelInfo('stream', 1);

/** An app of which a local model uses the service, and little else. */
function appWith(infer: UseCases['infer']): App {
  const service = serviceOf({
    modelInfo: () => ({ info: INFO, versions: [1] }),
    resolve: (_call, target) => fakeResolved(target, INFO),
    infer,
  });
  const clock = new FakeClock();
  const settings = { server: { requestTimeoutMs: 1_000 } };
  return { clock, deadlines: new DeadlineWatch(clock), settings, service } as unknown as App;
}

describe('a local model', () => {
  it('stops a model that answers any number of times instead of leaving it to run for nobody', async () => {
    const calls: Call[] = [];
    const app = appWith((call) => {
      calls.push(call);
      return Promise.resolve({ kind: 'many', timing: NO_TIMING, responses: (async function* () {})() });
    });
    const result = createLocalModel(app, 'stream', undefined).infer({ x: [[1, 2, 3, 4]] });
    const message = "model 'stream' answers any number of times; use stream";
    await expect(result).rejects.toMatchObject({ code: 'unimplemented', message });
    expect(calls[0]?.cancelled).toMatchObject({ code: 'unimplemented', message });
  });
});

describe('the stream of a local model', () => {
  const read = async (result: InferResult) => {
    const model = createLocalModel(
      appWith(() => Promise.resolve(result)),
      'stream',
      undefined,
    );
    const numbers: unknown[] = [];
    for await (const { outputs } of model.stream({ x: [[1, 2, 3, 4]] })) numbers.push(outputs.y?.data[0]);
    return numbers;
  };
  const answer = (value: number): InferResponse => ({
    ref: { name: 'stream', version: 1, generation: 1 },
    id: '',
    parameters: {},
    outputs: [{ name: 'y', datatype: 'UINT8', shape: [1], data: Uint8Array.of(value) }],
  });
  const answers = (...list: readonly InferResponse[]): InferResult => ({
    kind: 'many',
    timing: NO_TIMING,
    responses: (async function* () {
      yield* list;
    })(),
  });

  it('has the answers of a model, however many', async () => {
    expect(await read({ kind: 'one', timing: NO_TIMING, response: answer(7) })).toEqual([7]);
    expect(await read(answers())).toEqual([]);
    expect(await read(answers(answer(1), answer(2), answer(3)))).toEqual([1, 2, 3]);
  });

  it('fails with the first answer that did', async () => {
    const error = new MillraceError('internal', 'broken');
    await expect(read(answers(answer(1), { ...answer(2), error }, answer(3)))).rejects.toBe(error);
  });
});
