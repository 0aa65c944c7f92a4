import { bytesElements, type Clock, type Datatype, MillraceError, packBytes, type Tensor } from '../core/index.js';
import { type Batch, type BatchTiming, type Emission, type Emit, failedItem } from './batch.js';
import type { LoadedModel } from './contract.js';
import type { Description } from './description.js';
import { PREPARED_ANSWER, type PreparedAnswer, type PreparedRequest, type Preparer } from './preparer.js';

const COST = 'cost';
const VALUE = 'value';
const COST_BYTES = 8;

type Given = Awaited<ReturnType<Preparer['prepare']>>;

/** A preparer as a model whose outputs are cost and value of a request, so that it is run and watched as any model is. */
export class PreparerModel implements LoadedModel {
  readonly description: Description;
  readonly statistics?: () => Readonly<Record<string, number>>;
  readonly #preparer: Preparer;
  readonly #clock: Clock;

  constructor(preparer: Preparer, clock: Clock) {
    const { concurrency, wantsContext, statistics, inputs = [] } = preparer.description;
    this.#preparer = preparer;
    this.#clock = clock;
    this.description = {
      signature: {
        inputs,
        outputs: [outputSpec(COST, 'FP64'), outputSpec(VALUE, 'BYTES'), outputSpec(PREPARED_ANSWER, 'BYTES')],
      },
      maxBatchSize: 0,
      pure: true,
      batchInvariant: true,
      decoupled: false,
      stateful: false,
      concurrency,
      needsEventLoop: true,
      wantsContext,
      textOnly: false,
      platform: 'preparer',
      ...(statistics === undefined ? {} : { statistics }),
    };
    if (preparer.statistics !== undefined) this.statistics = () => preparer.statistics?.() ?? {};
  }

  async execute({ items }: Batch, emit: Emit): Promise<BatchTiming> {
    const startedAt = this.#clock.now();
    emit(await Promise.all(items.map((item) => this.#prepare(item))));
    return { computeInputMs: 0, computeInferMs: this.#clock.now() - startedAt, computeOutputMs: 0 };
  }

  cancel(): void {
    // It takes milliseconds.
  }

  close(): Promise<void> {
    return this.#preparer.close();
  }

  async #prepare(item: Batch['items'][number]): Promise<Emission> {
    try {
      const given = await this.#preparer.prepare(item);
      return { callId: item.callId, outputs: isAnswer(given) ? answerOutputs(given) : toOutputs(given), final: true };
    } catch (error) {
      return failedItem(item, error);
    }
  }
}

/** What a request is answered with without its model; undefined where it is to run. */
export function readPreparedAnswer(outputs: readonly Tensor[]): Tensor | undefined {
  const answer = outputs.find(({ name }) => name === PREPARED_ANSWER);
  // A copy, as the answer may be kept for longer than the frame.
  return answer && { ...answer, data: answer.data.slice() };
}

/** What an answer of a {@link PreparerModel} says: one for the request, or for each of its rows. Throws `internal` where it says nothing. */
export function readPrepared(outputs: readonly Tensor[]): readonly PreparedRequest[] {
  const costs = outputs.find(({ name }) => name === COST)?.data;
  const packed = outputs.find(({ name }) => name === VALUE)?.data;
  // A copy: they may wait for long, and would keep the whole frame.
  const values = packed === undefined ? [] : bytesElements(packed.slice());
  if (values.length === 0 || costs?.byteLength !== values.length * COST_BYTES) {
    throw new MillraceError('internal', 'the preparer of the runtime gave no cost and value');
  }
  const view = new DataView(costs.buffer, costs.byteOffset, costs.byteLength);
  return values.map((value, index) => checked({ cost: view.getFloat64(index * COST_BYTES, true), value }));
}

function isAnswer(given: Given): given is PreparedAnswer {
  return Array.isArray((given as Partial<PreparedAnswer> | undefined)?.answer);
}

function answerOutputs({ answer }: PreparedAnswer): readonly Tensor[] {
  return [{ name: PREPARED_ANSWER, datatype: 'BYTES', shape: [answer.length], data: packBytes(answer) }];
}

function toOutputs(given: Exclude<Given, PreparedAnswer>): readonly Tensor[] {
  const prepared = (Array.isArray(given) ? given : [given]).map(checked);
  const costs = new Uint8Array(prepared.length * COST_BYTES);
  const view = new DataView(costs.buffer);
  for (const [index, { cost }] of prepared.entries()) view.setFloat64(index * COST_BYTES, cost, true);
  const shape = [prepared.length];
  return [
    { name: COST, datatype: 'FP64', shape, data: costs },
    { name: VALUE, datatype: 'BYTES', shape, data: packBytes(prepared.map(({ value }) => value)) },
  ];
}

/** Runtimes from outside may give anything. */
function checked(prepared: PreparedRequest): PreparedRequest {
  const { cost, value } = prepared ?? {};
  if (!(Number.isFinite(cost) && cost >= 0 && value instanceof Uint8Array)) {
    throw new MillraceError('internal', 'the preparer of the runtime gave no cost from 0 on with a value of bytes');
  }
  return { cost, value };
}

function outputSpec(name: string, datatype: Datatype) {
  return { name, datatype, shape: [-1], batchAxis: null, optional: false } as const;
}
