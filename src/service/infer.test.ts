import { describe, expect, it } from 'vitest';
import { call, IDENTITY, request } from '../../test/support/engine-fixture.js';
import { FakeClock } from '../../test/support/fake-clock.js';
import { EventBus, type Events, type InferRequest, packBytes, type TensorSpec } from '../core/index.js';
import type { Engine, ModelInfo, Submission } from '../engine/index.js';
import { SharedMemory } from '../shared-memory/index.js';
import { createInfer } from './infer.js';

const REF = { name: 'm', version: 1, generation: 1 };

/** `infer` over an engine that leaves what was submitted to the test. */
function createFixture(fields: Partial<ModelInfo> = {}) {
  const given: Submission[] = [];
  const info = {
    ref: REF,
    signature: IDENTITY.signature,
    maxBatchSize: 8,
    decoupled: false,
    ...fields,
  } as unknown as ModelInfo;
  const engine: Pick<Engine, 'serving' | 'statusesOf' | 'submit'> = {
    serving: (name) => (name === 'm' ? [info] : []),
    statusesOf: () => [],
    submit: (_ref, submission) => {
      given.push(submission);
      return () => undefined;
    },
  };
  const events = new EventBus();
  const codes: (string | undefined)[] = [];
  const finished: Events['inferFinished'][] = [];
  events.subscribe('inferFinished', (event) => {
    codes.push(event.error?.code);
    finished.push(event);
  });
  const sharedMemory = new SharedMemory({ enabled: false, maxRegions: 1, maxBufferedBytes: 1 });
  const clock = new FakeClock();
  const { infer, chooseModel } = createInfer({
    engine: engine as Engine,
    clock,
    events,
    sharedMemory,
    starting: () => false,
  });
  const submit = (options: Partial<InferRequest>) => {
    const result = infer(call(), request(1, options));
    return { result, sink: given.at(-1)?.sink };
  };
  return { submit, codes, given, finished, infer, chooseModel, info };
}

describe('infer', () => {
  it('refuses an answer that has no classes to rank, without a throw into the engine', async () => {
    const { submit, codes } = createFixture();
    const { result, sink } = submit({ outputs: [{ name: 'y', classificationCount: 1 }] });
    const outputs = [{ name: 'y', datatype: 'BYTES', shape: [1, 1], data: packBytes([new Uint8Array(1)]) }] as const;
    expect(() => sink?.onResponse({ ref: REF, id: '', outputs, parameters: {} })).not.toThrow();
    sink?.onEnd(undefined);
    await expect(result).rejects.toMatchObject({
      code: 'invalid_argument',
      message: "output 'y' is BYTES: it has no classes to rank",
    });
    expect(codes).toEqual(['invalid_argument']);
  });

  it('refuses a request for classes of an output that has none before anything runs', async () => {
    const [output] = IDENTITY.signature.outputs;
    const text = { ...(output as TensorSpec), datatype: 'BYTES' } as const;
    const { infer, given, finished } = createFixture({ signature: { ...IDENTITY.signature, outputs: [text] } });
    await expect(
      infer(call(), request(1, { outputs: [{ name: text.name, classificationCount: 1 }] })),
    ).rejects.toMatchObject({
      code: 'invalid_argument',
      message: `output '${text.name}' is BYTES: it has no classes to rank`,
    });
    expect(given).toEqual([]);
    expect(finished).toMatchObject([{ ref: REF, error: { code: 'invalid_argument' } }]);
  });

  it('does not submit what a decoupled model could answer several times to who can take one answer', async () => {
    const { infer, given, finished } = createFixture({ decoupled: true });
    await expect(infer(call(), request(1), { onlyOne: 'which this cannot carry' })).rejects.toMatchObject({
      code: 'unimplemented',
      message: "model 'm' may give several answers, which this cannot carry",
    });
    expect(given).toEqual([]);
    expect(finished).toMatchObject([{ ref: REF, error: { code: 'unimplemented' } }]);
    expect((await infer(call(), request(1))).kind).toBe('many');
  });

  it('tells of a version that could not be chosen, and takes one that was', async () => {
    const { chooseModel, infer, given, finished, info } = createFixture();
    expect(() => chooseModel(call(), { name: 'nope', version: 7 })).toThrow(
      "Request for unknown model: 'nope' version 7 is not found",
    );
    expect(finished).toMatchObject([
      { ref: undefined, request: { modelName: 'nope', modelVersion: 7 }, error: { code: 'not_found' } },
    ]);
    expect(chooseModel(call(), { name: 'm', version: undefined })).toBe(info);
    void infer(call(), { ...request(1), modelName: 'unloaded meanwhile' }, { chosen: info });
    expect(given).toHaveLength(1);
    expect(finished).toHaveLength(1);
  });
});
