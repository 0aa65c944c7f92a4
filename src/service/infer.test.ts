import { describe, expect, it } from 'vitest';
import { call, IDENTITY, request } from '../../test/support/engine-fixture.js';
import { FakeClock } from '../../test/support/fake-clock.js';
import { EventBus, type InferRequest, packBytes } from '../core/index.js';
import type { Engine, ModelInfo, Submission } from '../engine/index.js';
import { SharedMemory } from '../shared-memory/index.js';
import { createInfer } from './infer.js';

const REF = { name: 'm', version: 1, generation: 1 };

/** `infer` over an engine that leaves what was submitted to the test. */
function createFixture() {
  const given: Submission[] = [];
  const info = { ref: REF, signature: IDENTITY.signature, maxBatchSize: 8, decoupled: false } as unknown as ModelInfo;
  const engine: Pick<Engine, 'serving' | 'statusesOf' | 'submit'> = {
    serving: () => [info],
    statusesOf: () => [],
    submit: (_ref, submission) => {
      given.push(submission);
      return () => undefined;
    },
  };
  const events = new EventBus();
  const codes: (string | undefined)[] = [];
  events.subscribe('inferFinished', ({ error }) => codes.push(error?.code));
  const sharedMemory = new SharedMemory({ enabled: false, maxRegions: 1, maxBufferedBytes: 1 });
  const clock = new FakeClock();
  const infer = createInfer({ engine: engine as Engine, clock, events, sharedMemory, starting: () => false });
  const submit = (options: Partial<InferRequest>) => {
    const result = infer(call(), request(1, options));
    return { result, sink: given.at(-1)?.sink };
  };
  return { submit, codes };
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
});
