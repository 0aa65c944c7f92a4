import {
  bytesElementEnd,
  type Call,
  type Clock,
  elementCount,
  type InferResponse,
  MillraceError,
  type Tensor,
  type Usage,
} from '../core/index.js';
import type { PreparedRequest } from '../runtimes/index.js';
import type { CheckedRequest } from './check-request.js';
import type { StatisticsCounter } from './statistics.js';
import type { GrantCredit, Submission } from './types.js';

/** Rows of one request that wait for the model or run in it at a time: enough for batches of similar costs. */
const MAX_ROWS_UNDER_WAY = 256;

type CheckedSubmission = Submission & { readonly checked: CheckedRequest };

export interface RowRequestsOptions {
  /** Of each row, in order. */
  readonly prepared: readonly PreparedRequest[];
  readonly next: (submission: Submission) => GrantCredit;
  readonly hasSpareRoom: (submission: Submission) => boolean;
  readonly clock: Clock;
  readonly statistics: Pick<StatisticsCounter, 'success' | 'failure'>;
}

/** A request, or a row of it, with what its preparer has made of it. */
export function withPrepared(checked: CheckedRequest, prepared: PreparedRequest): CheckedRequest {
  return { ...checked, sizeBytes: checked.sizeBytes + prepared.value.byteLength, prepared };
}

/**
 * Runs each row of a request as a request of its own, and joins the answers in order. The first row that fails ends all of it. The queue
 * may refuse the first row, and with it the request. The others leave half of the queue to other requests, but for one, and come again where they have
 * to make way. Throws `internal` where there is not one value for each row.
 */
export function runRows(submission: CheckedSubmission, options: RowRequestsOptions): void {
  const { rows } = submission.checked;
  const { prepared } = options;
  if (prepared.length !== rows) {
    throw new MillraceError('internal', `the preparer of the runtime gave ${prepared.length} values for ${rows} rows`);
  }
  new RowRequests(submission, options).start();
}

class RowRequests {
  readonly #submission: CheckedSubmission;
  readonly #options: RowRequestsOptions;
  readonly #inputs: readonly (readonly Tensor[])[];
  readonly #responses: (InferResponse | undefined)[];
  readonly #underWay = new Set<Call>();
  /** Rows that have not begun, or have to begin again, the next one last. */
  readonly #waiting: number[];
  #answered = 0;
  #isAdmitted = false;
  #isOver = false;
  #isStarting = false;

  constructor(submission: CheckedSubmission, options: RowRequestsOptions) {
    const { inputs, rows } = submission.checked;
    this.#submission = submission;
    this.#options = options;
    this.#inputs = rowsOf(inputs, rows);
    this.#responses = Array.from({ length: rows }, () => undefined);
    this.#waiting = Array.from({ length: rows }, (_, index) => rows - 1 - index);
  }

  /** Begins rows while there is room. A row may end at once, which calls this again. */
  start(): void {
    if (this.#isStarting) return;
    this.#isStarting = true;
    while (!this.#isOver && this.#hasRoom()) {
      const row = this.#waiting.pop();
      if (row === undefined || !this.#begin(row)) break;
    }
    this.#isStarting = false;
  }

  #hasRoom(): boolean {
    const { size } = this.#underWay;
    return size === 0 || (size < MAX_ROWS_UNDER_WAY && this.#options.hasSpareRoom(this.#submission));
  }

  /** False where the queue had no place for it. */
  #begin(row: number): boolean {
    const { request, call, checked, suspect, movesOn } = this.#submission;
    const { clock, next } = this.#options;
    const inputs = this.#inputs[row] as readonly Tensor[];
    const sizeBytes = inputs.reduce((sum, { data }) => sum + data.byteLength, 0);
    const one = { ...checked, inputs, rows: 1, sizeBytes, shapeKey: '', isRow: true };
    const child = call.child({ receivedAt: clock.now(), isPart: true });
    let isPlaced = true;
    this.#underWay.add(child);
    next({
      request: { ...request, inputs },
      call: child,
      checked: withPrepared(one, this.#options.prepared[row] as PreparedRequest),
      sink: {
        onResponse: (response) => {
          this.#responses[row] = response;
        },
        onEnd: (error) => {
          this.#underWay.delete(child);
          isPlaced = error?.code !== 'resource_exhausted' || child.timing.dequeuedAt > 0;
          if (isPlaced || this.#underWay.size === 0) this.#ended(child, error);
          else this.#waiting.push(row);
          child.end();
        },
      },
      isAdmitted: this.#isAdmitted,
      ...(suspect && { suspect }),
      ...(movesOn && { movesOn }),
    });
    this.#isAdmitted = true;
    return isPlaced;
  }

  #ended(child: Call, error: MillraceError | undefined): void {
    if (this.#isOver) return;
    this.#note(child);
    this.#answered++;
    if (error !== undefined) this.#finish(error);
    else if (this.#answered === this.#responses.length) this.#finish(undefined);
    else this.start();
  }

  #finish(failure: MillraceError | undefined): void {
    this.#isOver = true;
    const { statistics, clock } = this.#options;
    const { call, sink, request } = this.#submission;
    let error = failure;
    if (error === undefined) {
      try {
        sink.onResponse(joinResponses(this.#responses as readonly InferResponse[], request.id));
      } catch (thrown) {
        error = thrown as MillraceError;
      }
    }
    // Ending one of them ends others.
    if (error !== undefined) for (const child of [...this.#underWay]) child.cancel(error);
    if (error === undefined) statistics.success(call.timing, clock.now());
    else statistics.failure(call.timing, clock.now());
    sink.onEnd(error);
  }

  /** Adds the time of a row's batch that was for it, so that the request takes as much as its rows. */
  #note({ timing: row }: Call): void {
    const { timing } = this.#submission.call;
    if (row.dequeuedAt === 0) return;
    timing.dequeuedAt = timing.dequeuedAt === 0 ? row.dequeuedAt : Math.min(timing.dequeuedAt, row.dequeuedAt);
    if (row.startedAt > 0)
      timing.startedAt = timing.startedAt === 0 ? row.startedAt : Math.min(timing.startedAt, row.startedAt);
    timing.finishedAt = Math.max(timing.finishedAt, row.finishedAt);
    const share = row.batchRows > 0 ? 1 / row.batchRows : 1;
    timing.computeInputMs += row.computeInputMs * share;
    timing.computeInferMs += row.computeInferMs * share;
    timing.computeOutputMs += row.computeOutputMs * share;
    timing.batchRows = this.#responses.length;
    timing.batchReason ??= row.batchReason;
    timing.batchId ||= row.batchId;
    timing.instance ||= row.instance;
    timing.usage = addUsage(timing.usage, row.usage);
  }
}

/** The inputs of each row, in memory of their own: those of the request go back when it has been prepared. */
function rowsOf(inputs: readonly Tensor[], rows: number): readonly (readonly Tensor[])[] {
  const columns = inputs.map((tensor) => rowsOfTensor(tensor, rows));
  return Array.from({ length: rows }, (_, row) => columns.map((column) => column[row] as Tensor));
}

function rowsOfTensor(tensor: Tensor, rows: number): readonly Tensor[] {
  const { shape, datatype } = tensor;
  const data = tensor.data.slice();
  if (shape[0] !== rows) return Array.from({ length: rows }, () => ({ ...tensor, data }));
  const rest = shape.slice(1);
  const rowShape = [1, ...rest];
  const rowElements = elementCount(rest);
  let offset = 0;
  return Array.from({ length: rows }, () => {
    const start = offset;
    if (datatype !== 'BYTES') offset += data.byteLength / rows;
    else for (let index = 0; index < rowElements; index++) offset = bytesElementEnd(data, offset, index);
    return { ...tensor, shape: rowShape, data: data.subarray(start, offset) };
  });
}

/** One answer of the answers of all rows. Throws `internal` where they do not go together. */
function joinResponses(responses: readonly InferResponse[], id: string): InferResponse {
  const [first] = responses as readonly [InferResponse];
  const outputs = first.outputs.map(({ name }, index) =>
    joinOutputs(
      responses.map(({ outputs }) => outputs[index]),
      name,
    ),
  );
  const usage = responses.reduce<Usage | undefined>((sum, response) => addUsage(sum, response.usage), undefined);
  const joined = { ref: first.ref, id, outputs, parameters: first.parameters };
  return usage === undefined ? joined : { ...joined, usage };
}

function joinOutputs(tensors: readonly (Tensor | undefined)[], name: string): Tensor {
  const [first] = tensors as readonly [Tensor];
  const [, ...rest] = first.shape;
  let rows = 0;
  const parts: Uint8Array[] = [];
  for (const tensor of tensors) {
    const [size, ...others] = tensor?.shape ?? [];
    if (tensor?.name !== name || size === undefined || others.join() !== rest.join()) {
      throw new MillraceError('internal', `the rows of a request differ in the dimensions of output '${name}'`);
    }
    rows += size;
    parts.push(tensor.data);
  }
  return { name, datatype: first.datatype, shape: [rows, ...rest], data: Buffer.concat(parts) };
}

function addUsage(sum: Usage | undefined, usage: Usage | undefined): Usage | undefined {
  if (sum === undefined || usage === undefined) return sum ?? usage;
  return {
    promptTokens: sum.promptTokens + usage.promptTokens,
    completionTokens: sum.completionTokens + usage.completionTokens,
  };
}
