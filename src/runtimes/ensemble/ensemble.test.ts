import { describe, expect, it } from 'vitest';
import {
  DIAMOND,
  EnsembleFixture,
  type FakeCall,
  ONE_STEP,
  ONE_TO_ONE,
  type Setup,
  STREAM,
  settle,
  spec,
  step,
  TWO_TO_ONE,
  tensor,
} from '../../../test/support/ensemble-fixture.js';
import { FakeClock } from '../../../test/support/fake-clock.js';
import type { SequenceControl, TensorSpec } from '../../core/index.js';
import type { OtherModel } from '../model-calls.js';
import { createRuntime } from './index.js';

describe('an ensemble', () => {
  it('says of itself what the scheduler has to know', async () => {
    const { model } = await EnsembleFixture.load(DIAMOND);
    expect(model.description).toMatchObject({
      decoupled: false,
      stateful: false,
      pure: false,
      needsEventLoop: true,
      wantsContext: true,
      concurrency: 1_024,
      platform: 'ensemble',
    });
    await model.close();
  });

  it('runs branches at once, and hands tensors on under their names in the next model', async () => {
    const fixture = await EnsembleFixture.load(DIAMOND);
    const done = fixture.run();
    await settle();
    expect(fixture.begun).toEqual(['first']);
    expect(fixture.call('first').callId).toBe(7);
    expect(fixture.call('first').request).toEqual({
      modelName: 'first',
      modelVersion: undefined,
      inputs: [tensor('x', 1)],
      outputs: ['y'],
      parameters: { tag: 'a' },
    });
    await fixture.answer('first', 2);
    expect(fixture.begun).toEqual(['first', 'left', 'right']);
    await fixture.answer('right', 4);
    expect(fixture.begun).toHaveLength(3);
    await fixture.answer('left', 3);
    expect(fixture.call('join').request.inputs).toEqual([tensor('l', 3), tensor('r', 4)]);
    fixture
      .call('join')
      .answer([tensor('y', 5)], { score: 1 })
      .end();
    await done;
    expect(fixture.emissions).toEqual([
      { callId: 7, outputs: [tensor('out', 5), tensor('c', 4)], parameters: { score: 1 }, final: true },
    ]);
  });

  it('computes only what is wanted', async () => {
    const fixture = await EnsembleFixture.load(DIAMOND);
    const done = fixture.run({}, ['c']);
    await settle();
    await fixture.answer('first', 2);
    await fixture.answer('right', 4);
    await done;
    expect(fixture.begun).toEqual(['first', 'right']);
    expect(fixture.emissions).toEqual([{ callId: 7, outputs: [tensor('c', 4)], parameters: {}, final: true }]);
  });

  it('leaves optional inputs out that the request leaves out, and passes sequence flags on', async () => {
    const fixture = await EnsembleFixture.load({
      steps: [step('join', { l: 'maybe', r: 'in' }, 'out')],
      inputs: [spec('in'), spec('maybe', true)],
      outputs: ['out'],
      models: { join: TWO_TO_ONE },
    });
    const sequence: SequenceControl = { id: 9n, start: true, end: false };
    const context = { requestId: 'r', clientId: '', ownerId: '', traceparent: '', remainingMs: 5, sequence };
    const done = fixture.run({ context });
    await settle();
    expect(fixture.call('join').request).toMatchObject({ inputs: [tensor('r', 1)], sequence });
    await fixture.answer('join', 1);
    await done;
  });

  it('says in its answers where the request stood in its sequence', async () => {
    const fixture = await EnsembleFixture.load(ONE_STEP);
    const context = { requestId: 'r', clientId: '', ownerId: '', traceparent: '', remainingMs: 5 };
    for (const sequence of [{ id: 9n, start: true, end: false }, { id: 'nine', start: false, end: true }, undefined]) {
      const done = fixture.run({ context: sequence === undefined ? context : { ...context, sequence } });
      await settle();
      fixture
        .call('only')
        .answer([tensor('y', 1)], { score: 1 })
        .end();
      await done;
    }
    expect(fixture.emissions.map(({ parameters }) => parameters)).toEqual([
      { sequence_id: 9n, sequence_start: true, sequence_end: false, score: 1 },
      { sequence_id: 'nine', sequence_start: false, sequence_end: true, score: 1 },
      { score: 1 },
    ]);
  });

  it("has the class labels of the steps' models, where its own configuration names none", async () => {
    const labelled = (name: string, ...labels: readonly string[]) => ({ ...spec(name), labels });
    const only = { ...ONE_TO_ONE, signature: { inputs: [spec('x')], outputs: [labelled('y', 'cat', 'dog')] } };
    const labelsOf = ({ model }: EnsembleFixture) => model.description.signature.outputs.map(({ labels }) => labels);
    expect(labelsOf(await EnsembleFixture.load({ ...ONE_STEP, models: { only } }))).toEqual([['cat', 'dog']]);
    const own = { ...ONE_STEP, models: { only }, outputs: [labelled('out', 'no', 'yes')] };
    expect(labelsOf(await EnsembleFixture.load(own))).toEqual([['no', 'yes']]);
  });

  it('takes single rows to a model without batch dimension and back', async () => {
    const flat = (name: string): TensorSpec => ({ ...spec(name), shape: [1], batchAxis: null });
    const single = { ...ONE_TO_ONE, maxBatchSize: 0, signature: { inputs: [flat('x')], outputs: [flat('y')] } };
    const fixture = await EnsembleFixture.load({
      steps: [step('single', { x: 'in' }, 'mid'), step('batching', { x: 'mid' }, 'out')],
      outputs: ['out', 'mid'],
      models: { single, batching: ONE_TO_ONE },
    });
    const done = fixture.run();
    await settle();
    expect(fixture.call('single').request.inputs[0]?.shape).toEqual([1]);
    fixture
      .call('single')
      .answer([{ ...tensor('y', 2), shape: [1] }])
      .end();
    await settle();
    expect(fixture.call('batching').request.inputs).toEqual([tensor('x', 2)]);
    await fixture.answer('batching', 3);
    await done;
    expect(fixture.emissions[0]?.outputs).toEqual([tensor('out', 3), tensor('mid', 2)]);
  });
});

describe('an ensemble whose step leaves out an output', () => {
  it('answers the rest, and runs what can do without', async () => {
    const fixture = await EnsembleFixture.load(DIAMOND);
    const done = fixture.run();
    await settle();
    await fixture.answer('first', 2);
    await fixture.answer('right', 4);
    fixture.call('left').answer([]).end();
    await settle();
    expect(fixture.call('join').request.inputs).toEqual([tensor('r', 4)]);
    fixture.call('join').answer([]).end();
    await done;
    expect(fixture.emissions).toEqual([{ callId: 7, outputs: [tensor('c', 4)], parameters: {}, final: true }]);
  });

  it('fails where a step behind it needs that', async () => {
    const fixture = await EnsembleFixture.load(DIAMOND);
    const done = fixture.run();
    await settle();
    fixture.call('first').answer([]).end();
    await done;
    expect(fixture.emissions[0]?.error).toMatchObject({
      code: 'internal',
      message: "step 1 (model 'left'): needs input 'x', but step 0 (model 'first') has left out its output 'y'",
    });
    expect(fixture.begun).toEqual(['first']);
  });
});

describe('an ensemble whose step fails', () => {
  it('fails with code, step and model, and leaves the other branches', async () => {
    const fixture = await EnsembleFixture.load(DIAMOND);
    const done = fixture.run();
    await settle();
    await fixture.answer('first', 2);
    fixture.call('left').fail('resource_exhausted', 'the queue is full');
    await done;
    expect(fixture.call('right').left).toBe(true);
    expect(fixture.emissions).toEqual([
      {
        callId: 7,
        outputs: [],
        error: {
          code: 'resource_exhausted',
          message: "step 1 (model 'left'): the queue is full",
          parts: ['step 1', { model: 'left', text: " (model 'left')", role: 'aside' }, ': the queue is full'],
        },
        final: true,
      },
    ]);
    await fixture.answer('right', 4);
    expect(fixture.begun).toHaveLength(3);
    expect(fixture.emissions).toHaveLength(1);
  });

  it.each<[string, (call: FakeCall) => void]>([
    ['expected one answer, got 0', (call) => call.end()],
    [
      'expected one answer, got 2',
      (call) =>
        call
          .answer([tensor('y', 1)])
          .answer([tensor('y', 1)])
          .end(),
    ],
  ])('says so: %s', async (message, give) => {
    const fixture = await EnsembleFixture.load(DIAMOND);
    const done = fixture.run();
    await settle();
    give(fixture.call('first'));
    await done;
    expect(fixture.emissions[0]?.error).toMatchObject({
      code: 'internal',
      message: `step 0 (model 'first'): ${message}`,
    });
    expect(fixture.begun).toEqual(['first']);
  });

  it('leaves every step when nobody waits any more, even steps that do not answer', async () => {
    const fixture = await EnsembleFixture.load(DIAMOND);
    const done = fixture.run();
    await settle();
    await fixture.answer('first', 2);
    fixture.model.cancel(8);
    fixture.model.cancel(7);
    await done;
    expect([fixture.call('left').left, fixture.call('right').left]).toEqual([true, true]);
    expect(fixture.emissions).toEqual([
      { callId: 7, outputs: [], error: { code: 'cancelled', message: 'the request was cancelled' }, final: true },
    ]);
  });
});

describe('an ensemble with a decoupled step', () => {
  const CHAIN: Setup = {
    steps: [step('first', { x: 'in' }, 'a'), step('stream', { x: 'a' }, 'b'), step('join', { l: 'a', r: 'b' }, 'out')],
    outputs: ['out'],
    models: { first: ONE_TO_ONE, stream: STREAM, join: TWO_TO_ONE },
  };

  it('drives what is behind it with every answer, in their order, one at a time', async () => {
    const fixture = await EnsembleFixture.load(CHAIN);
    expect(fixture.model.description.decoupled).toBe(true);
    const done = fixture.run();
    await settle();
    await fixture.answer('first', 1);
    fixture
      .call('stream')
      .answer([tensor('y', 10)])
      .answer([tensor('y', 20)]);
    await settle();
    expect(fixture.call('join').request.inputs).toEqual([tensor('l', 1), tensor('r', 10)]);
    expect(fixture.begun).toEqual(['first', 'stream', 'join']);
    await fixture.answer('join', 11);
    expect(fixture.call('join').request.inputs).toEqual([tensor('l', 1), tensor('r', 20)]);
    fixture.call('stream').end();
    await fixture.answer('join', 21);
    await done;
    expect(fixture.emissions).toEqual([
      { callId: 7, outputs: [tensor('out', 11)], parameters: {}, final: false },
      { callId: 7, outputs: [tensor('out', 21)], parameters: {}, final: false },
      { callId: 7, outputs: [], final: true },
    ]);
  });

  it('ends without an answer where the step gives none', async () => {
    const fixture = await EnsembleFixture.load(CHAIN);
    const done = fixture.run();
    await settle();
    await fixture.answer('first', 1);
    fixture.call('stream').end();
    await done;
    expect(fixture.emissions).toEqual([{ callId: 7, outputs: [], final: true }]);
  });

  it('leaves the stream when a step behind it fails', async () => {
    const fixture = await EnsembleFixture.load(CHAIN);
    const done = fixture.run();
    await settle();
    await fixture.answer('first', 1);
    fixture.call('stream').answer([tensor('y', 10)]);
    await settle();
    fixture.call('join').fail('internal', 'broken');
    await done;
    expect(fixture.call('stream').left).toBe(true);
    expect(fixture.emissions[0]?.error?.message).toBe("step 2 (model 'join'): broken");
  });
});

describe('loading an ensemble', () => {
  const failing = (setup: Partial<Setup>) => EnsembleFixture.load({ ...DIAMOND, ...setup });

  it.each<[string, Partial<Setup>]>([
    [
      "ensemble: step 1 (model 'left') cannot run: model 'left' is not loaded",
      { models: { first: ONE_TO_ONE, right: ONE_TO_ONE, join: TWO_TO_ONE } },
    ],
    [
      "ensemble: step 0 (model 'ens') is the ensemble itself (ens/1)",
      { steps: [step('ens', { x: 'in' }, 'out')], outputs: ['out'] },
    ],
    [
      "ensemble: step 0 (model 'first') does not say where its input 'x' (UINT8[-1,1]) comes from",
      { steps: [step('first', { z: 'in' }, 'out')], outputs: ['out'] },
    ],
  ])('fails: %s', async (message, setup) => {
    await expect(failing(setup)).rejects.toThrow(message);
  });

  it('fails in a runner process, and without a signature', async () => {
    const context = { clock: new FakeClock(), isolated: true, report: () => undefined };
    const callModel = (): never => {
      throw new Error('not called');
    };
    const loadSpec = {
      ref: { name: 'ens', version: 1, generation: 1 },
      runtime: 'ensemble',
      path: '',
      sizeBytes: 0,
      options: {},
      maxBatchSize: undefined,
      cacheFolder: undefined,
      declared: undefined,
    };
    await expect(createRuntime({ ...context, callModel }).load(loadSpec)).rejects.toThrow(
      'ensemble: it runs in the server itself; set instances.placement to inline',
    );
    const describeModel = (): OtherModel => ONE_TO_ONE;
    await expect(createRuntime({ ...context, callModel, describeModel }).load(loadSpec)).rejects.toThrow(
      'ensemble: declare its inputs and outputs in the model configuration',
    );
  });
});
