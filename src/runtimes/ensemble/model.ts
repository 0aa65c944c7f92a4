import type { Tensor, TensorSpec } from '../../core/index.js';
import type { Batch, BatchItem, BatchTiming, Emit } from '../batch.js';
import type { LoadedModel } from '../contract.js';
import type { Description } from '../description.js';
import type { OtherModel } from '../model-calls.js';
import type { RuntimeContext } from '../runtime-context.js';
import type { Graph, Step } from './graph.js';
import { type Depths, measureDepths, type Plan, planSteps } from './plan.js';
import { EnsembleRun } from './run.js';

/** Requests of one ensemble that may be under way; its models have queues of their own. */
const CONCURRENCY = 1_024;

export interface EnsembleSetup {
  readonly graph: Graph;
  /** The models of the steps, by step index. */
  readonly models: readonly OtherModel[];
  readonly context: RuntimeContext;
}

/** A graph of other models of the server. It computes nothing and waits for them. */
export class EnsembleModel implements LoadedModel {
  readonly description: Description;
  readonly #setup: EnsembleSetup;
  readonly #depths: Depths;
  readonly #isDecoupled: (step: Step) => boolean;
  /** What a request for all outputs runs. */
  readonly #whole: Plan;
  // Not a Map: its outgrown tables are promoted and keep the runs in them alive until the next full collection.
  readonly #runs: EnsembleRun[] = [];

  constructor(setup: EnsembleSetup) {
    const { graph, models } = setup;
    this.#setup = setup;
    this.#isDecoupled = (step) => models[step.index]?.decoupled === true;
    this.#depths = measureDepths(graph, this.#isDecoupled);
    this.#whole = this.#plan(undefined);
    this.description = {
      signature: {
        inputs: graph.inputs.map(({ spec }) => spec),
        outputs: graph.outputs.map(({ spec, slot }) => withLabels(spec, labelsOf(slot, setup))),
      },
      // What its models do when they run twice is not known.
      pure: false,
      batchInvariant: true,
      decoupled: models.some((model) => model.decoupled),
      stateful: false,
      concurrency: CONCURRENCY,
      needsEventLoop: true,
      wantsContext: true,
      textOnly: false,
      platform: 'ensemble',
    };
  }

  async execute(batch: Batch, emit: Emit): Promise<BatchTiming> {
    const { clock } = this.#setup.context;
    const startedAt = clock.now();
    const plan = batch.outputs === undefined ? this.#whole : this.#plan(batch.outputs);
    await Promise.all(batch.items.map((item) => this.#run(item, plan, emit)));
    return { computeInputMs: 0, computeInferMs: clock.now() - startedAt, computeOutputMs: 0 };
  }

  cancel(callId: number): void {
    this.#runs.find((run) => run.callId === callId)?.cancel();
  }

  async close(): Promise<void> {}

  #plan(wanted: readonly string[] | undefined): Plan {
    return planSteps(this.#setup.graph, { depths: this.#depths, isDecoupled: this.#isDecoupled, wanted });
  }

  async #run(item: BatchItem, plan: Plan, emit: Emit): Promise<void> {
    const { graph, models, context } = this.#setup;
    const values: (Tensor | undefined)[] = graph.tensors.map(() => undefined);
    for (const { spec, slot } of graph.inputs) values[slot] = item.inputs.find(({ name }) => name === spec.name);
    const run = new EnsembleRun({
      plan,
      item,
      values,
      emit,
      specOf: (step, input): TensorSpec | undefined =>
        models[step.index]?.signature.inputs.find(({ name }) => name === input),
      writerOf: (slot) => graph.writers[slot],
      decoupled: this.description.decoupled,
      callModel: context.callModel,
    });
    run.position = this.#runs.push(run) - 1;
    try {
      await run.execute();
    } finally {
      this.#remove(run);
    }
  }

  #remove(run: EnsembleRun): void {
    const last = this.#runs.pop();
    if (last === undefined || last === run) return;
    this.#runs[run.position] = last;
    last.position = run.position;
  }
}

/** Class labels that the model has which writes a tensor of the ensemble. */
function labelsOf(slot: number, { graph, models }: EnsembleSetup): TensorSpec['labels'] {
  const writer = graph.writers[slot];
  const binding = writer?.outputs.find((output) => output.slot === slot);
  if (writer === undefined || binding === undefined) return undefined;
  return models[writer.index]?.signature.outputs.find(({ name }) => name === binding.name)?.labels;
}

/** Labels that the ensemble's own configuration names come first. */
function withLabels(spec: TensorSpec, labels: TensorSpec['labels']): TensorSpec {
  return spec.labels !== undefined || labels === undefined ? spec : { ...spec, labels };
}
