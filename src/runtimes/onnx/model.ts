import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import {
  bytesElementsEnd,
  type Clock,
  elementCount,
  invalidArgument,
  MillraceError,
  type Tensor,
  type TensorSpec,
} from '../../core/index.js';
import { type Batch, type BatchItem, type BatchTiming, type Emission, type Emit, failedItem } from '../batch.js';
import { joinColumn } from '../columns.js';
import type { LoadedModel } from '../contract.js';
import type { Description } from '../description.js';
import { explainRunError } from './errors.js';
import { toOrtTensor, toTensor } from './ort-tensors.js';

type Feeds = Record<string, OrtTensor>;

/** An ONNX session. A run blocks the thread; a batch fails as a whole, and may be re-run in parts. */
export class OnnxModel implements LoadedModel {
  readonly description: Description;
  readonly #session: InferenceSession;
  readonly #clock: Clock;
  readonly #batches: boolean;
  readonly #inputs: ReadonlyMap<string, TensorSpec>;
  /** Those to ask for where nobody names any; undefined = all that the session has. */
  readonly #outputs: readonly string[] | undefined;
  readonly #joins = new JoinBuffers();

  constructor(session: InferenceSession, description: Description, clock: Clock) {
    this.description = description;
    this.#session = session;
    this.#clock = clock;
    this.#batches = description.signature.inputs.some((input) => input.batchAxis === 0);
    const { inputs, outputs, leftOut } = description.signature;
    this.#inputs = new Map(inputs.map((input) => [input.name, input]));
    this.#outputs = leftOut && outputs.map((output) => output.name);
  }

  async execute(batch: Batch, emit: Emit): Promise<BatchTiming> {
    if (this.#batches || batch.items.length === 1) return this.#run(batch, emit);
    const total = { computeInputMs: 0, computeInferMs: 0, computeOutputMs: 0 };
    for (const item of batch.items) {
      const timing = await this.#runAlone(batch, item, emit);
      total.computeInputMs += timing.computeInputMs;
      total.computeInferMs += timing.computeInferMs;
      total.computeOutputMs += timing.computeOutputMs;
    }
    return total;
  }

  /** A run cannot be interrupted. */
  cancel(_callId: number): void {}

  async close(): Promise<void> {
    await this.#session.release();
  }

  async #runAlone(batch: Batch, item: BatchItem, emit: Emit): Promise<BatchTiming> {
    try {
      return await this.#run({ ...batch, items: [item], rows: item.rows }, emit);
    } catch (error) {
      emit([failedItem(item, explainRunError(error))]);
      return { computeInputMs: 0, computeInferMs: 0, computeOutputMs: 0 };
    }
  }

  async #run(batch: Batch, emit: Emit): Promise<BatchTiming> {
    const startedAt = this.#clock.now();
    try {
      const feeds = this.#feeds(batch);
      const fedAt = this.#clock.now();
      const wanted = batch.outputs ?? this.#outputs;
      const results = wanted === undefined ? await this.#session.run(feeds) : await this.#session.run(feeds, wanted);
      const ranAt = this.#clock.now();
      emit(splitResults(results, batch));
      return {
        computeInputMs: fedAt - startedAt,
        computeInferMs: ranAt - fedAt,
        computeOutputMs: this.#clock.now() - ranAt,
      };
    } catch (error) {
      throw explainRunError(error);
    }
  }

  #feeds(batch: Batch): Feeds {
    const lists = batch.items.map((item) => item.inputs);
    const feeds: Feeds = {};
    for (const [column, tensor] of (lists[0] ?? []).entries()) {
      const spec = this.#inputs.get(tensor.name);
      if (spec === undefined) throw invalidArgument(`the model has no input '${tensor.name}'`);
      const shared = lists.length === 1 || spec.batchAxis === null;
      const dims = shared ? [...tensor.shape] : [batch.rows, ...tensor.shape.slice(1)];
      feeds[tensor.name] = toOrtTensor({
        ...tensor,
        shape: dims,
        data: shared ? tensor.data : joinColumn(lists, column, (sizeBytes) => this.#joins.take(column, sizeBytes)),
      });
    }
    return feeds;
  }
}

function splitResults(results: InferenceSession.OnnxValueMapType, batch: Batch): Emission[] {
  const [first] = batch.items;
  if (batch.items.length === 1 && first !== undefined) {
    const outputs = Object.entries(results).map(([name, value]) => toTensor(name, value as OrtTensor));
    return [{ callId: first.callId, outputs, final: true }];
  }
  const lists: Tensor[][] = batch.items.map(() => []);
  for (const [name, value] of Object.entries(results)) splitRows(toTensor(name, value as OrtTensor), batch, lists);
  return batch.items.map((item, index) => ({ callId: item.callId, outputs: lists[index] ?? [], final: true }));
}

/** Gives each item its rows of `tensor`, as views. */
function splitRows(tensor: Tensor, batch: Batch, lists: readonly Tensor[][]): void {
  const { name, datatype, shape, data } = tensor;
  if (shape[0] !== batch.rows) {
    const got = shape.length === 0 ? 'a scalar' : `${shape[0]} rows`;
    throw new MillraceError(
      'internal',
      `output '${name}' has ${got} for a batch of ${batch.rows}: the model does not keep the batch dimension (set maxBatchSize: 0)`,
    );
  }
  const rest = shape.slice(1);
  const rowElements = elementCount(rest);
  const rowBytes = data.byteLength / batch.rows;
  let offset = 0;
  let previous: { readonly rows: number; readonly shape: readonly number[] } | undefined;
  for (const [index, { rows }] of batch.items.entries()) {
    const end = datatype === 'BYTES' ? bytesElementsEnd(data, offset, rows * rowElements) : offset + rows * rowBytes;
    if (previous?.rows !== rows) previous = { rows, shape: [rows, ...rest] };
    lists[index]?.push({ name, datatype, shape: previous.shape, data: data.subarray(offset, end) });
    offset = end;
  }
}

/** Larger ones are allocated for each batch. */
const MAX_KEPT_BYTES = 8_388_608;

/** Memory in which the rows of a batch are joined, by input: the same for each batch, since one has ended when the next begins. */
class JoinBuffers {
  readonly #kept: (Uint8Array | undefined)[] = [];

  /** Aligned for every datatype; what is in it is arbitrary. */
  take(input: number, sizeBytes: number): Uint8Array {
    const kept = this.#kept[input];
    if (kept !== undefined && kept.byteLength >= sizeBytes) return kept.subarray(0, sizeBytes);
    const fresh = Buffer.allocUnsafeSlow(sizeBytes);
    if (sizeBytes <= MAX_KEPT_BYTES) this.#kept[input] = fresh;
    return fresh;
  }
}
