import {
  type Message,
  MillraceError,
  msg,
  NO_PARAMETERS,
  type Parameters,
  type SequenceControl,
  type Tensor,
  type TensorSpec,
  toMillraceError,
} from '../../core/index.js';
import { type BatchItem, type Emit, failedItem } from '../batch.js';
import type { CallModel, ModelAnswer, ModelRequest } from '../model-calls.js';
import { describeStep, type Step } from './graph.js';
import { type Plan, type PlannedStep, Readiness, type Stage } from './plan.js';

export interface RunOptions {
  readonly plan: Plan;
  readonly item: BatchItem;
  /** The tensors of the ensemble as far as they are there, by slot. */
  readonly values: (Tensor | undefined)[];
  /** The model's side of a step's input. */
  readonly specOf: (step: Step, input: string) => TensorSpec | undefined;
  /** The step that writes a tensor of the ensemble; undefined for what the request brings. */
  readonly writerOf: (slot: number) => Step | undefined;
  readonly decoupled: boolean;
  readonly callModel: CallModel;
  readonly emit: Emit;
}

/** One request of an ensemble. The first step that fails ends it and everything that still runs for it. */
export class EnsembleRun {
  /** Where its owner keeps it. */
  position = 0;
  readonly #options: RunOptions;
  /** Calls of other models that have not ended. */
  readonly #calls: AsyncIterator<ModelAnswer>[] = [];
  #parameters: Parameters = {};
  #failure: MillraceError | undefined;
  #fail: (error: MillraceError) => void = () => undefined;

  constructor(options: RunOptions) {
    this.#options = options;
  }

  get callId(): number {
    return this.#options.item.callId;
  }

  /** Emits the answers, and exactly one final emission. Never rejects. */
  async execute(): Promise<void> {
    const { values, decoupled, emit } = this.#options;
    const { callId } = this;
    try {
      await new Promise<void>((resolve, reject) => {
        // Whoever waits for a step that does not react to its end is told at once.
        this.#fail = reject;
        this.#runStage(0, values).then(resolve, reject);
      });
      if (decoupled) emit([{ callId, outputs: [], final: true }]);
    } catch (error) {
      this.#abort(toMillraceError(error));
      emit([failedItem({ callId }, this.#failure)]);
    }
  }

  /** Nobody waits for it any more. */
  cancel(): void {
    this.#abort(new MillraceError('cancelled', 'the request was cancelled'));
  }

  #abort(error: MillraceError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    for (const call of this.#calls.splice(0)) call.return?.().catch(() => undefined);
    this.#fail(error);
  }

  async #runStage(depth: number, values: (Tensor | undefined)[]): Promise<void> {
    const stage = this.#options.plan.stages[depth] as Stage;
    await this.#runSteps(stage, values);
    if (stage.decoupled === undefined) {
      await this.#answer(values);
      return;
    }
    await this.#call(stage.decoupled, values, async (answer, planned) => {
      const behind = [...values];
      this.#take(planned, answer, behind);
      await this.#runStage(depth + 1, behind);
    });
  }

  /** Runs every plain step of a stage as soon as what it reads is there. */
  #runSteps(stage: Stage, values: (Tensor | undefined)[]): Promise<void> {
    const readiness = new Readiness(stage);
    let left = stage.steps.length;
    if (left === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const start = (planned: PlannedStep): void => {
        this.#runStep(planned, values).then(() => {
          left--;
          if (left === 0) resolve();
          else for (const next of readiness.after(planned)) start(next);
        }, reject);
      };
      for (const planned of readiness.first()) start(planned);
    });
  }

  async #runStep(planned: PlannedStep, values: (Tensor | undefined)[]): Promise<void> {
    let answers = 0;
    await this.#call(planned, values, async (answer) => {
      answers++;
      this.#take(planned, answer, values);
    });
    if (answers !== 1) throw wrong(planned.step, `expected one answer, got ${answers}`);
  }

  /** Calls a step's model; every answer is dealt with before the next one is asked for. */
  async #call(
    planned: PlannedStep,
    values: readonly (Tensor | undefined)[],
    onAnswer: (answer: ModelAnswer, planned: PlannedStep) => Promise<void>,
  ): Promise<void> {
    const { item, callModel } = this.#options;
    if (this.#failure !== undefined) throw this.#failure;
    const call = callModel(item.callId, this.#request(planned, values))[Symbol.asyncIterator]();
    this.#calls.push(call);
    try {
      for (;;) {
        const next = await nextOf(call, planned.step);
        if (next.done === true) return;
        if (this.#failure !== undefined) throw this.#failure;
        await onAnswer(next.value, planned);
      }
    } catch (error) {
      // Before anything else is started for it.
      this.#abort(toMillraceError(error));
      throw error;
    } finally {
      const position = this.#calls.indexOf(call);
      if (position !== -1) this.#calls.splice(position, 1);
    }
  }

  #request({ step, outputs }: PlannedStep, values: readonly (Tensor | undefined)[]): ModelRequest {
    const { item, specOf, writerOf } = this.#options;
    const inputs: Tensor[] = [];
    for (const { name, slot } of step.inputs) {
      const tensor = values[slot];
      const spec = specOf(step, name);
      if (tensor !== undefined) {
        inputs.push(spec === undefined ? { ...tensor, name } : fitRows(tensor, spec));
        continue;
      }
      const writer = writerOf(slot);
      if (writer !== undefined && spec?.optional === false) throw leftOut(step, name, { writer, slot });
    }
    const { model: modelName, version: modelVersion } = step;
    const request = { modelName, modelVersion, inputs, outputs, parameters: item.parameters };
    const sequence = item.context?.sequence;
    return sequence === undefined ? request : { ...request, sequence };
  }

  #take({ step, outputs }: PlannedStep, answer: ModelAnswer, values: (Tensor | undefined)[]): void {
    for (const { name, slot } of step.outputs) {
      if (!outputs.includes(name)) continue;
      // A model may leave outputs out: what can do without goes on.
      values[slot] = answer.outputs.find((output) => output.name === name);
    }
    this.#parameters = { ...this.#parameters, ...answer.parameters };
  }

  async #answer(values: readonly (Tensor | undefined)[]): Promise<void> {
    const { plan, item, decoupled, emit } = this.#options;
    const outputs = plan.outputs.flatMap(({ spec, slot }) => {
      const tensor = values[slot];
      return tensor === undefined ? [] : [fitRows(tensor, spec)];
    });
    const parameters = { ...sequenceParameters(item.context?.sequence), ...this.#parameters };
    await emit([{ callId: item.callId, outputs, parameters, final: !decoupled }])?.[0];
  }
}

async function nextOf(call: AsyncIterator<ModelAnswer>, step: Step): Promise<IteratorResult<ModelAnswer>> {
  try {
    return await call.next();
  } catch (error) {
    const failure = toMillraceError(error);
    const { code, retryAfterMs } = failure;
    throw new MillraceError(code, msg`${describeStep(step)}: ${failure}`, {
      cause: error,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }
}

function wrong(step: Step, message: string | Message): MillraceError {
  return new MillraceError('internal', msg`${describeStep(step)}: ${message}`);
}

function leftOut(step: Step, input: string, from: { readonly writer: Step; readonly slot: number }): MillraceError {
  const output = from.writer.outputs.find(({ slot }) => slot === from.slot)?.name;
  return wrong(
    step,
    msg`needs input '${input}', but ${describeStep(from.writer)} has left out its output '${String(output)}'`,
  );
}

/** As Triton does, the answer says where in its sequence the request stood. */
function sequenceParameters(sequence: SequenceControl | undefined): Parameters {
  if (sequence === undefined) return NO_PARAMETERS;
  const { id, start, end } = sequence;
  return { sequence_id: id, sequence_start: start, sequence_end: end };
}

/**
 * A tensor on its way between a model with a batch dimension and one without, as Triton passes it: one row loses the
 * dimension or gets it, under its new name. Everything else stays as it is, for the receiver to judge.
 */
function fitRows(tensor: Tensor, spec: TensorSpec): Tensor {
  const { datatype, data } = tensor;
  return { name: spec.name, datatype, shape: fitShape(tensor.shape, spec), data };
}

function fitShape(shape: readonly number[], spec: TensorSpec): readonly number[] {
  if (shape.length === spec.shape.length) return shape;
  if (spec.batchAxis === 0 && shape.length === spec.shape.length - 1) return [1, ...shape];
  if (spec.batchAxis === null && shape.length === spec.shape.length + 1 && shape[0] === 1) return shape.slice(1);
  return shape;
}
