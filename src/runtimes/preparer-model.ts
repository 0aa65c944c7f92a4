import { type Clock, type Datatype, MillraceError, type Tensor } from '../core/index.js';
import type {
  Batch,
  BatchTiming,
  Description,
  Emission,
  Emit,
  LoadedModel,
  PreparedRequest,
  Preparer,
} from './contract.js';
import { failedItem } from './failed-item.js';

const COST = 'cost';
const VALUE = 'value';

/** A preparer as a model whose outputs are cost and value of a request, so that it is run and watched as any model is. */
export class PreparerModel implements LoadedModel {
  readonly description: Description;
  readonly statistics?: () => Readonly<Record<string, number>>;
  readonly #preparer: Preparer;
  readonly #clock: Clock;

  constructor(preparer: Preparer, clock: Clock) {
    const { concurrency, wantsContext, statistics } = preparer.description;
    this.#preparer = preparer;
    this.#clock = clock;
    this.description = {
      signature: { inputs: [], outputs: [outputSpec(COST, 'FP64'), outputSpec(VALUE, 'UINT8')] },
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
      const { cost, value } = checked(await this.#preparer.prepare(item));
      return { callId: item.callId, outputs: toOutputs({ cost, value }), final: true };
    } catch (error) {
      return failedItem(item, error);
    }
  }
}

/** What an answer of a {@link PreparerModel} says. Throws `internal` where it is none. */
export function readPrepared(outputs: readonly Tensor[]): PreparedRequest {
  const cost = outputs.find(({ name }) => name === COST)?.data;
  const value = outputs.find(({ name }) => name === VALUE)?.data;
  if (cost?.byteLength !== 8 || value === undefined) {
    throw new MillraceError('internal', 'the preparer of the runtime gave no cost and value');
  }
  const view = new DataView(cost.buffer, cost.byteOffset, 8);
  // A copy: it may wait for long, and would keep the whole frame.
  return checked({ cost: view.getFloat64(0, true), value: value.slice() });
}

function toOutputs({ cost, value }: PreparedRequest): readonly Tensor[] {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, cost, true);
  return [
    { name: COST, datatype: 'FP64', shape: [1], data: bytes },
    { name: VALUE, datatype: 'UINT8', shape: [value.byteLength], data: value },
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
