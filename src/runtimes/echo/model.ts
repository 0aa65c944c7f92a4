import { invalidParameter, MillraceError, type Parameters, type Signature, type Tensor } from '../../core/index.js';
import { type Batch, type BatchItem, type BatchTiming, type Emission, type Emit, failedItem } from '../batch.js';
import type { LoadedModel } from '../contract.js';
import type { Description } from '../description.js';
import type { RuntimeContext } from '../runtime-context.js';
import { Accumulator } from './accumulator.js';
import { commitFault } from './faults.js';
import type { EchoOptions } from './options.js';

/** Most answers of one request in mode `repeat`. */
const MAX_TIMES = 100_000;
/** Batches that may be under way in mode `repeat`, where slow readers are waited for. */
const REPEAT_CONCURRENCY = 64;

interface Answering {
  readonly item: BatchItem;
  readonly outputs: readonly Tensor[];
  readonly times: number;
}

/** Answers what it gets. Deterministic; for tests, and for measuring everything around a model. */
export class EchoModel implements LoadedModel {
  readonly description: Description;
  readonly #options: EchoOptions;
  readonly #context: RuntimeContext;
  /** Output names by input name. */
  readonly #outputNames: ReadonlyMap<string, string>;
  readonly #accumulator = new Accumulator();
  /** Items of running batches that nobody waits for any more. */
  readonly #cancelled = new Set<number>();
  readonly #running = new Set<number>();

  constructor(signature: Signature, options: EchoOptions, context: RuntimeContext) {
    const { mode } = options;
    this.description = {
      signature,
      pure: mode !== 'accumulate',
      batchInvariant: true,
      decoupled: mode === 'repeat',
      stateful: mode === 'accumulate',
      concurrency: mode === 'repeat' ? REPEAT_CONCURRENCY : 1,
      needsEventLoop: mode === 'repeat' || options.delayMs > 0,
      readsInPlace: mode !== 'accumulate',
      wantsContext: false,
      textOnly: false,
      platform: 'millrace_echo',
    };
    this.#options = options;
    this.#context = context;
    const outputs = signature.outputs.map((output) => output.name);
    this.#outputNames = new Map(signature.inputs.map((input, index) => [input.name, outputs[index] ?? input.name]));
  }

  async execute(batch: Batch, emit: Emit): Promise<BatchTiming> {
    const { clock } = this.#context;
    const startedAt = clock.now();
    const failed: Emission[] = [];
    const answering = this.#begin(batch, failed);
    const begunAt = clock.now();
    for (const { item } of answering) this.#running.add(item.callId);
    try {
      if (failed.length > 0) emit(failed);
      await this.#answer(answering, emit);
    } finally {
      for (const { item } of answering) {
        this.#running.delete(item.callId);
        this.#cancelled.delete(item.callId);
      }
    }
    return { computeInputMs: begunAt - startedAt, computeInferMs: clock.now() - begunAt, computeOutputMs: 0 };
  }

  cancel(callId: number): void {
    if (this.#running.has(callId)) this.#cancelled.add(callId);
  }

  async close(): Promise<void> {}

  /** Sorts the items into those that will be answered and those that have failed already. */
  #begin(batch: Batch, failed: Emission[]): Answering[] {
    const answering: Answering[] = [];
    const faults = this.#options.faults
      ? batch.items.map((item) => commitFault(item, this.#context.isolated))
      : undefined;
    for (const [index, item] of batch.items.entries()) {
      const fault = faults?.[index];
      try {
        if (fault !== undefined) throw fault;
        answering.push({ item, outputs: this.#outputs(item, batch.outputs), times: this.#times(item.parameters) });
      } catch (error) {
        failed.push(failedItem(item, error));
      }
    }
    return answering;
  }

  #outputs(item: BatchItem, wanted: readonly string[] | undefined): readonly Tensor[] {
    const tensors = this.#options.mode === 'accumulate' ? this.#accumulator.add(item) : item.inputs;
    const outputs: Tensor[] = [];
    for (const tensor of tensors) {
      const name = this.#outputNames.get(tensor.name);
      if (name !== undefined && (wanted === undefined || wanted.includes(name))) outputs.push({ ...tensor, name });
    }
    return outputs;
  }

  #times(parameters: Parameters): number {
    if (this.#options.mode !== 'repeat') return 1;
    const times = parameters.times ?? 1;
    if (!Number.isInteger(times) || Number(times) < 0 || Number(times) > MAX_TIMES) {
      throw invalidParameter('times', `expected an integer between 0 and ${MAX_TIMES}, got ${times}`);
    }
    return Number(times);
  }

  async #answer(answering: readonly Answering[], emit: Emit): Promise<void> {
    if (this.description.decoupled) {
      // Each at its own pace: one whose reader is slow holds nobody up.
      await Promise.all(answering.map((each) => this.#repeat(each, emit)));
      return;
    }
    if (answering.length === 0) return;
    if (this.#options.delayMs > 0) await this.#delay();
    emit(answering.map((each) => this.#emission(each, 1)));
  }

  async #repeat(answering: Answering, emit: Emit): Promise<void> {
    const { item, times } = answering;
    if (times === 0) emit([{ callId: item.callId, outputs: [], final: true }]);
    for (let round = 1; round <= times; round++) {
      if (this.#options.delayMs > 0) await this.#delay();
      const emission = this.#emission(answering, round);
      await emit([emission])?.[0];
      if (emission.final) return;
    }
  }

  #emission({ item, outputs, times }: Answering, round: number): Emission {
    if (this.#cancelled.has(item.callId)) {
      return failedItem(item, new MillraceError('cancelled', 'the request was cancelled'));
    }
    const emission = { callId: item.callId, outputs, final: round === times };
    return this.description.decoupled ? { ...emission, parameters: { round } } : emission;
  }

  #delay(): Promise<void> {
    return new Promise((resolve) => {
      this.#context.clock.setTimer(this.#options.delayMs, resolve);
    });
  }
}
