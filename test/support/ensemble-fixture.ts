import { type ErrorCode, MillraceError, NO_PARAMETERS, type Tensor, type TensorSpec } from '../../src/core/index.js';
import { createRuntime } from '../../src/runtimes/ensemble/index.js';
import type { StepOptions } from '../../src/runtimes/ensemble/options.js';
import type {
  Batch,
  BatchItem,
  Emission,
  LoadedModel,
  ModelAnswer,
  ModelRequest,
  OtherModel,
} from '../../src/runtimes/index.js';
import { FakeClock } from './fake-clock.js';

/** A column of bytes. */
export function spec(name: string, optional = false): TensorSpec {
  return { name, datatype: 'UINT8', shape: [-1, 1], batchAxis: 0, optional };
}

/** Rows of one byte. */
export function tensor(name: string, ...values: readonly number[]): Tensor {
  return { name, datatype: 'UINT8', shape: [values.length, 1], data: Uint8Array.from(values) };
}

/** Makes `y` of `x`. */
export const ONE_TO_ONE: OtherModel = {
  signature: { inputs: [spec('x')], outputs: [spec('y')] },
  maxBatchSize: 8,
  decoupled: false,
};
/** Makes `y` of `r` and, if there is one, `l`. */
export const TWO_TO_ONE: OtherModel = {
  ...ONE_TO_ONE,
  signature: { inputs: [spec('l', true), spec('r')], outputs: [spec('y')] },
};
/** Answers any number of times. */
export const STREAM: OtherModel = { ...ONE_TO_ONE, decoupled: true };

/** A call of another model, to be answered by the test. */
export class FakeCall implements AsyncIterableIterator<ModelAnswer> {
  readonly callId: number;
  readonly request: ModelRequest;
  left = false;
  readonly #ready: (() => IteratorResult<ModelAnswer>)[] = [];
  #wake: () => void = () => undefined;

  constructor(callId: number, request: ModelRequest) {
    this.callId = callId;
    this.request = request;
  }

  answer(outputs: readonly Tensor[], parameters = NO_PARAMETERS): this {
    return this.#push(() => ({ done: false, value: { outputs, parameters } }));
  }

  end(): this {
    return this.#push(() => ({ done: true, value: undefined }));
  }

  fail(code: ErrorCode, message: string): this {
    return this.#push(() => {
      throw new MillraceError(code, message);
    });
  }

  async next(): Promise<IteratorResult<ModelAnswer>> {
    for (;;) {
      const ready = this.#ready.shift();
      if (ready !== undefined) return ready();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  return(): Promise<IteratorResult<ModelAnswer>> {
    this.left = true;
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #push(ready: () => IteratorResult<ModelAnswer>): this {
    this.#ready.push(ready);
    this.#wake();
    return this;
  }
}

/** An ensemble, and the models that it finds. */
export interface Setup {
  readonly steps: readonly StepOptions[];
  readonly inputs?: readonly TensorSpec[];
  readonly outputs: readonly (string | TensorSpec)[];
  readonly models: Readonly<Record<string, OtherModel>>;
}

/** A loaded ensemble whose models are played by the test. */
export class EnsembleFixture {
  readonly calls: FakeCall[] = [];
  readonly emissions: Emission[] = [];
  readonly model: LoadedModel;

  private constructor(model: LoadedModel, calls: FakeCall[]) {
    this.model = model;
    this.calls = calls;
  }

  static async load({ steps, inputs = [spec('in')], outputs, models }: Setup): Promise<EnsembleFixture> {
    const calls: FakeCall[] = [];
    const runtime = createRuntime({
      clock: new FakeClock(),
      isolated: false,
      report: () => undefined,
      callModel: (callId, request) => {
        const call = new FakeCall(callId, request);
        calls.push(call);
        return call;
      },
      describeModel: (name, version) => {
        const model = models[name];
        if (model !== undefined && version === undefined) return model;
        throw new MillraceError('failed_precondition', `model '${name}' is not loaded`);
      },
    });
    const model = await runtime.load({
      ref: { name: 'ens', version: 1, generation: 1 },
      runtime: 'ensemble',
      path: '',
      sizeBytes: 0,
      options: { steps: steps.map(({ version, ...step }) => (version === undefined ? step : { ...step, version })) },
      declared: { inputs, outputs: outputs.map((output) => (typeof output === 'string' ? spec(output) : output)) },
      maxBatchSize: 8,
      cacheFolder: undefined,
    });
    return new EnsembleFixture(model, calls);
  }

  /** Runs one request; resolves when the runtime is done with it. */
  run(item: Partial<BatchItem> = {}, outputs?: readonly string[]): Promise<unknown> {
    const items = [{ callId: 7, inputs: [tensor('in', 1)], rows: 1, parameters: { tag: 'a' }, ...item }];
    const batch: Batch = { id: 1, items, rows: 1, outputs };
    return this.model.execute(batch, (emissions) => void this.emissions.push(...emissions));
  }

  /** The calls that have begun, by model. */
  get begun(): readonly string[] {
    return this.calls.map(({ request }) => request.modelName);
  }

  call(model: string): FakeCall {
    const call = this.calls.findLast(({ request }) => request.modelName === model);
    if (call === undefined) throw new Error(`${model} was not called`);
    return call;
  }

  /** Answers a call with `y` = value. */
  async answer(model: string, value: number): Promise<void> {
    this.call(model)
      .answer([tensor('y', value)])
      .end();
    await settle();
  }
}

/** Lets everything happen that waits for nothing. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
}

/** A step whose output `y` is the tensor `output`. */
export function step(model: string, inputs: Readonly<Record<string, string>>, output: string): StepOptions {
  return { model, version: undefined, inputs, outputs: { y: output } };
}

/** Two branches between one step and another. */
export const DIAMOND: Setup = {
  steps: [
    step('first', { x: 'in' }, 'a'),
    step('left', { x: 'a' }, 'b'),
    step('right', { x: 'a' }, 'c'),
    step('join', { l: 'b', r: 'c' }, 'out'),
  ],
  outputs: ['out', 'c'],
  models: { first: ONE_TO_ONE, left: ONE_TO_ONE, right: ONE_TO_ONE, join: TWO_TO_ONE },
};

/** The smallest one. */
export const ONE_STEP: Setup = {
  steps: [step('only', { x: 'in' }, 'out')],
  outputs: ['out'],
  models: { only: ONE_TO_ONE },
};
