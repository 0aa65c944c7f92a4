import { type Clock, MillraceError } from '../../core/index.js';
import type { BatchPlan } from '../plan.js';
import type {
  AnswerBatch,
  BatchModel,
  Block,
  FailedRow,
  FailureKind,
  Position,
  RowReader,
  RowSource,
} from '../types.js';
import { refuseKept } from '../writing/parquet-values.js';
import type { RowWriter } from '../writing/row-writer.js';
import type { TextFile } from '../writing/text-file.js';
import { type AnsweredBatch, answerRows } from './answer-rows.js';
import { BatchBuilder } from './batch-builder.js';
import { type Counts, type ErrorLimit, exceeds, failedRows, formatLimit, type RunProgress } from './progress.js';
import type { RunState } from './run-state.js';

/** Longest message of a row in the error file. */
const MAX_MESSAGE = 1_000;

export interface RunSetup {
  readonly plan: BatchPlan;
  readonly model: BatchModel;
  readonly answer: AnswerBatch;
  readonly reader: RowReader;
  readonly state: Pick<RunState, 'errors' | 'save'>;
  /** Requests that are under way at once. */
  readonly inFlight: number;
  readonly maxErrors: ErrorLimit;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: RunProgress) => void;
}

/** Where a run puts what comes of rows. */
interface Sinks {
  readonly writer: RowWriter;
  readonly errors: Pick<TextFile, 'append' | 'commit'>;
}

/** Takes blocks of rows, has them answered and writes what comes of them, in order; at each checkpoint nothing is under way. */
export class BatchFileRun {
  readonly #setup: RunSetup;
  readonly #sinks: Sinks;
  readonly #builder: BatchBuilder;
  readonly #underWay: Promise<AnsweredBatch>[] = [];
  readonly #startedAt: number;
  readonly #resumed: Counts;
  /** Since the last checkpoint. */
  #failures: FailedRow[] = [];
  #rows: number;
  #written: number;
  #requests: number;
  #computeUs: number;
  readonly #failed: Record<FailureKind, number>;

  constructor(setup: RunSetup, sinks: Sinks, resumed: Counts) {
    this.#setup = setup;
    this.#sinks = sinks;
    this.#builder = new BatchBuilder(setup.plan.inputs, setup.plan.batchRows);
    this.#startedAt = setup.clock.now();
    this.#resumed = resumed;
    this.#rows = resumed.rows;
    this.#written = resumed.written;
    this.#requests = resumed.requests;
    this.#computeUs = resumed.computeUs;
    this.#failed = { ...resumed.failed };
  }

  get counts(): Counts {
    return {
      rows: this.#rows,
      written: this.#written,
      failed: { ...this.#failed },
      requests: this.#requests,
      computeUs: this.#computeUs,
      elapsedMs: this.#resumed.elapsedMs + this.#setup.clock.now() - this.#startedAt,
    };
  }

  /** Resolves once there is room for the next block. Rejects where the run cannot go on. */
  async take(block: Block): Promise<void> {
    const { plan } = this.#setup;
    this.#builder.begin(block);
    for (let row = 0; row < block.rows; row++) {
      const unreadable = block.problems.get(row);
      if (unreadable !== undefined) this.#fail({ block, row }, 'unreadable', unreadable);
      else {
        const refusal = refuseKept(plan, block, row);
        if (refusal !== undefined) this.#fail({ block, row }, 'mismatch', refusal);
        else if (this.#add(block, row) || this.#builder.isFull) await this.#send(block, row);
      }
    }
    this.#rows += block.rows;
    if (block.next.row % plan.checkpointRows === 0) await this.commit(block.next, false);
    else this.#report(block.next);
  }

  /** Whether the row has to wait for the next request. */
  #add(block: Block, row: number): boolean {
    const added = this.#builder.add(block, row);
    if (added === 'other shape') return true;
    if (added !== undefined) this.#fail({ block, row }, 'mismatch', added.problem);
    return false;
  }

  /** Sends what is there, and begins the next request with the row where that has another shape. */
  async #send(block: Block, row: number): Promise<void> {
    const isWaiting = !this.#builder.isFull;
    await this.#submit();
    if (isWaiting) this.#add(block, row);
  }

  async #submit(): Promise<void> {
    this.#setup.signal.throwIfAborted();
    const batch = this.#builder.take();
    if (batch === undefined) return;
    const answer = answerRows(this.#setup, batch);
    // It is awaited in its turn.
    answer.catch(() => undefined);
    this.#underWay.push(answer);
    while (this.#underWay.length >= this.#setup.inFlight) await this.#writeOldest();
  }

  async #writeOldest(): Promise<void> {
    const oldest = this.#underWay.shift();
    if (oldest === undefined) return;
    const { answered, failed, requests, computeUs } = await oldest;
    for (const rows of answered) {
      await this.#sinks.writer.write(rows);
      this.#written += rows.sources.length;
    }
    for (const { source, message } of failed) this.#fail(source, 'model', message);
    this.#requests += requests;
    this.#computeUs += computeUs;
  }

  #fail({ block, row }: RowSource, kind: FailureKind, message: string): void {
    this.#failed[kind]++;
    const text = message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message;
    this.#failures.push({ row: block.first.row + row + 1, line: block.line(row), kind, message: text });
  }

  /** Makes durable what came of all rows up to a position. Rejects with `failed_precondition` where too many have failed. */
  async commit(position: Position, isComplete: boolean): Promise<void> {
    await this.#submit();
    while (this.#underWay.length > 0) await this.#writeOldest();
    const { writer, errors } = this.#sinks;
    const failures = this.#failures.sort((one, other) => one.row - other.row);
    this.#failures = [];
    if (failures.length > 0) {
      await errors.append(Buffer.from(failures.map((failure) => `${JSON.stringify(failure)}\n`).join('')));
    }
    const errorBytes = await errors.commit();
    const output = await writer.commit();
    const { counts } = this;
    const isTooMuch = exceeds(this.#setup.maxErrors, counts);
    await this.#setup.state.save({ position, output, errorBytes, counts, isComplete: isComplete && !isTooMuch });
    this.#report(position);
    if (isTooMuch) throw this.#tooManyErrors(counts);
  }

  #tooManyErrors(counts: Counts): MillraceError {
    const failed = `${failedRows(counts)} of ${counts.rows} rows have failed`;
    const { maxErrors, state } = this.#setup;
    return new MillraceError(
      'failed_precondition',
      `${failed}, more than --max-errors ${formatLimit(maxErrors)}; the reasons are in ${state.errors}. ` +
        'Give a larger --max-errors to go on, or correct the input and give --restart',
    );
  }

  #report(position: Position): void {
    const { reader, onProgress } = this.#setup;
    const share = reader.totalRows === undefined ? position.offset / reader.sizeBytes : position.row / reader.totalRows;
    onProgress({
      counts: this.counts,
      position,
      totalRows: reader.totalRows,
      share: Number.isFinite(share) ? share : 1,
      resumedRows: this.#resumed.rows,
    });
  }

  /** Waits for what is under way, whatever comes of it. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }
}
