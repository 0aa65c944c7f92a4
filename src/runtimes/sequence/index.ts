import { errorOf, MillraceError, type Tensor } from '../../core/index.js';
import { type Batch, type BatchItem, type BatchTiming, type Emission, type Emit, failedItem } from '../batch.js';
import { joinColumn } from '../columns.js';
import type { LoadedModel } from '../contract.js';
import type { Description } from '../description.js';
import type { SequenceSpec } from '../sequence-spec.js';
import { controlTensor } from './controls.js';
import { planLayout, type SequenceLayout } from './layout.js';
import { copyOf, copySlices, splitRows, stack } from './stack.js';
import { StateKeeper } from './state-keeper.js';

/**
 * A model that keeps sequences, made of one whose controls and states are tensors: adds them to what clients send, and
 * keeps what comes back for the next step. Throws `invalid_argument` where configuration and model file disagree.
 */
export function keepSequences(model: LoadedModel, spec: SequenceSpec, maxBatchSize: number | undefined): LoadedModel {
  const layout = planLayout({ described: model.description, spec, maxBatchSize });
  return layout.inputs.every(({ kind }) => kind === 'client') ? model : new SequenceModel(model, layout);
}

class SequenceModel implements LoadedModel {
  readonly description: Description;
  readonly #model: LoadedModel;
  readonly #layout: SequenceLayout;
  readonly #keeper: StateKeeper;
  /** Nothing but tensors goes in and comes out: items can become one. */
  readonly #plain: boolean;

  constructor(model: LoadedModel, layout: SequenceLayout) {
    // What it keeps for the next step may be what came in.
    this.description = { ...model.description, signature: layout.signature, stateful: true, readsInPlace: false };
    this.#model = model;
    this.#layout = layout;
    this.#keeper = new StateKeeper(layout.initial);
    const { pure, decoupled, stateful } = model.description;
    this.#plain = pure && !decoupled && !stateful;
  }

  async execute(batch: Batch, emit: Emit): Promise<BatchTiming> {
    if (!this.#plain) return this.#runApart(batch, emit);
    const refused: Emission[] = [];
    const groups = this.#group(batch.items, refused);
    const [only] = groups;
    let total: BatchTiming = { computeInputMs: 0, computeInferMs: 0, computeOutputMs: 0 };
    if (groups.length === 1 && only !== undefined) total = await this.#runTogether(batch, only, emit);
    else for (const group of groups) total = addTimings(total, await this.#runGroup(batch, group, emit));
    if (refused.length > 0) emit(refused);
    return total;
  }

  cancel(callId: number): void {
    this.#model.cancel(callId);
  }

  statistics(): Readonly<Record<string, number>> {
    return this.#model.statistics?.() ?? {};
  }

  close(): Promise<void> {
    return this.#model.close();
  }

  /** Items that can share a run; those without a state to begin with are refused. */
  #group(items: readonly BatchItem[], refused: Emission[]): readonly (readonly BatchItem[])[] {
    const groups = new Map<string, BatchItem[]>();
    for (const [index, item] of items.entries()) {
      try {
        const states = this.#keeper.before(item);
        const { merges, variableStates } = this.#layout;
        const key = !merges ? String(index) : variableStates ? states.map(({ shape }) => shape.join()).join(';') : '';
        const group = groups.get(key);
        if (group === undefined) groups.set(key, [item]);
        else group.push(item);
      } catch (error) {
        refused.push(failedItem(item, error));
      }
    }
    return [...groups.values()];
  }

  /** One of several runs of a batch: its failure is not the others'. */
  async #runGroup(batch: Batch, group: readonly BatchItem[], emit: Emit): Promise<BatchTiming> {
    try {
      return await this.#runTogether(batch, group, emit);
    } catch (error) {
      emit(group.map((item) => failedItem(item, error)));
      return { computeInputMs: 0, computeInferMs: 0, computeOutputMs: 0 };
    }
  }

  /** Runs items as one; rejects when that fails, and nothing has changed then. */
  async #runTogether(batch: Batch, items: readonly BatchItem[], emit: Emit): Promise<BatchTiming> {
    const [first] = items as readonly [BatchItem];
    const rows = items.reduce((sum, item) => sum + item.rows, 0);
    const { sequence: _, ...plain } = first;
    const one: BatchItem = { ...plain, rows, inputs: this.#inputs(items) };
    let answer: Emission | undefined;
    const timing = await this.#model.execute(
      { id: batch.id, items: [one], rows, outputs: this.#outputs(batch.outputs) },
      (emissions) => {
        answer = emissions.find(({ final }) => final) ?? answer;
      },
    );
    if (answer === undefined) throw new MillraceError('internal', 'the model gave no answer');
    if (answer.error !== undefined) throw errorOf(answer.error);
    const states = this.#statesAfter(answer.outputs, items);
    const lists = this.#split(answer.outputs, items, states);
    for (const [index, item] of items.entries()) this.#keeper.after(item, states[index] ?? []);
    emit(items.map((item, index) => ({ callId: item.callId, outputs: lists[index] ?? [], final: true })));
    return timing;
  }

  /** Hands the items on one by one: the model knows more of them than their tensors. */
  #runApart(batch: Batch, emit: Emit): Promise<BatchTiming> {
    const refused: Emission[] = [];
    const items: BatchItem[] = [];
    for (const item of batch.items) {
      try {
        items.push({ ...item, inputs: this.#inputs([item]) });
      } catch (error) {
        refused.push(failedItem(item, error));
      }
    }
    const inner = { ...batch, items, outputs: this.#outputs(batch.outputs) };
    const own = (emissions: readonly Emission[]) => emit(emissions.map((emission) => this.#keep(emission, items)));
    if (refused.length > 0) emit(refused);
    return this.#model.execute(inner, own);
  }

  /** Takes the states out of an answer; the last ones of an item count. */
  #keep(emission: Emission, items: readonly BatchItem[]): Emission {
    const item = items.find(({ callId }) => callId === emission.callId);
    if (item === undefined || emission.error !== undefined || this.#layout.states.length === 0) return emission;
    if (emission.final) {
      try {
        this.#keeper.after(item, this.#statesAfter(emission.outputs, [item])[0] ?? []);
      } catch (error) {
        return failedItem(item, error);
      }
    }
    const isShown = ({ name }: Tensor) => this.#layout.signature.outputs.some((spec) => spec.name === name);
    return { ...emission, outputs: emission.outputs.filter(isShown) };
  }

  /** The file's inputs for these items together, in its order. */
  #inputs(items: readonly BatchItem[]): readonly Tensor[] {
    const lists = items.map((item) => item.inputs);
    const rows = items.reduce((sum, item) => sum + item.rows, 0);
    const before = items.map((item) => this.#keeper.before(item));
    const [first = []] = lists;
    return this.#layout.inputs.flatMap((source) => {
      if (source.kind === 'control') return [controlTensor(source.control, items, source.rank)];
      if (source.kind === 'state') {
        const { inputName: name, datatype, batchAxis } = source.state;
        const pieces = items.flatMap(({ rows: count }, index) =>
          new Array<Tensor>(count).fill(before[index]?.[source.index] as Tensor),
        );
        return [{ name, datatype, ...stack(pieces, batchAxis ?? 0) }];
      }
      const column = first.findIndex(({ name }) => name === source.spec.name);
      const tensor = first[column];
      if (tensor === undefined) return [];
      if (items.length === 1 || source.spec.batchAxis === null) return [tensor];
      return [{ ...tensor, shape: [rows, ...tensor.shape.slice(1)], data: joinColumn(lists, column) }];
    });
  }

  #outputs(wanted: readonly string[] | undefined): readonly string[] | undefined {
    return wanted === undefined ? undefined : [...new Set([...wanted, ...this.#layout.stateOutputs.keys()])];
  }

  /** By item, its part of what the clients get; `states` are what the items leave. */
  #split(
    outputs: readonly Tensor[],
    items: readonly BatchItem[],
    states: readonly (readonly Tensor[])[],
  ): readonly (readonly Tensor[])[] {
    const lists: Tensor[][] = items.map(() => []);
    const counts = items.map((item) => item.rows);
    const rows = counts.reduce((sum, count) => sum + count, 0);
    const { signature, stateOutputs } = this.#layout;
    for (const tensor of outputs) {
      const spec = signature.outputs.find(({ name }) => name === tensor.name);
      if (spec === undefined) continue;
      const state = stateOutputs.get(tensor.name);
      if (state !== undefined) {
        // Its axis of sequences need not be the first one.
        for (const [index, list] of lists.entries()) {
          const own = states[index]?.[state];
          if (own !== undefined) list.push({ ...own, name: tensor.name });
        }
        continue;
      }
      if (items.length === 1 || spec.batchAxis === null) {
        for (const list of lists) list.push(tensor);
        continue;
      }
      if (tensor.shape[0] !== rows) {
        throw new MillraceError(
          'internal',
          `output '${tensor.name}' has shape [${tensor.shape.join(',')}] for a batch of ${rows}: the model does not keep the batch dimension (set maxBatchSize: 0)`,
        );
      }
      for (const [index, part] of splitRows(tensor, counts).entries()) {
        lists[index]?.push({ name: tensor.name, datatype: tensor.datatype, ...part });
      }
    }
    return lists;
  }

  /** By item, copies of the states that a run leaves. */
  #statesAfter(outputs: readonly Tensor[], items: readonly BatchItem[]): readonly (readonly Tensor[])[] {
    const after: Tensor[][] = items.map(() => []);
    const rows = items.reduce((sum, item) => sum + item.rows, 0);
    for (const { inputName: name, outputName, datatype, batchAxis, shape } of this.#layout.states) {
      const tensor = outputs.find((output) => output.name === outputName);
      const fits = tensor?.shape.length === shape.length && (batchAxis === null || tensor.shape[batchAxis] === rows);
      if (tensor === undefined || !fits) {
        const got = tensor === undefined ? 'nothing' : `shape [${tensor.shape.join(',')}]`;
        throw new MillraceError(
          'internal',
          `state output '${outputName}': expected ${shape.length} dimensions for ${rows} sequences, got ${got}`,
        );
      }
      const slices =
        batchAxis === null ? [{ shape: tensor.shape, data: copyOf(tensor.data) }] : copySlices(tensor, batchAxis);
      let row = 0;
      for (const [index, item] of items.entries()) {
        const slice = slices[row];
        if (slice !== undefined) after[index]?.push({ name, datatype, ...slice });
        row += item.rows;
      }
    }
    return after;
  }
}

function addTimings(one: BatchTiming, other: BatchTiming): BatchTiming {
  return {
    computeInputMs: one.computeInputMs + other.computeInputMs,
    computeInferMs: one.computeInferMs + other.computeInferMs,
    computeOutputMs: one.computeOutputMs + other.computeOutputMs,
  };
}
