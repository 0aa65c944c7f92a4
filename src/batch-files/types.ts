import type { NumericArray, Tensor, TensorSpec } from '../core/index.js';

/** The formats of rows. A folder holds pictures or sounds, each file a row; it is only read. */
export type InputFormat = 'jsonl' | 'csv' | 'parquet' | 'folder';
export type OutputFormat = Exclude<InputFormat, 'folder'>;

/** A column of an input. */
export interface ColumnInfo {
  readonly name: string;
  /** For people, and for Parquet the column's type in SQL: `text`, `number`, `list`, `FLOAT[]`. */
  readonly type: string;
  /** Values are text of whatever they mean, as in CSV. */
  readonly isText: boolean;
  /** Whether it may become a number or a list of them without being named in a mapping. */
  readonly isNumeric: boolean;
}

/** Where a row begins in its file. */
export interface Position {
  /** Rows before it. */
  readonly row: number;
  /** Lines before it; of text only. */
  readonly line: number;
  /** Bytes before it; of text only. */
  readonly offset: number;
}

/** The beginning of a file. */
export const START: Position = Object.freeze({ row: 0, line: 0, offset: 0 });

/** Lists of numbers, as they lie in memory one after the other. */
export interface NumberLists {
  readonly values: NumericArray;
  /** First index in `values`; -1 where the list is missing or has an element without a value. */
  start(row: number): number;
  length(row: number): number;
}

/** One column of a block. */
export interface Column {
  /** A row's value; undefined or null = it has none. */
  at(row: number): unknown;
  /** The value as the file's format has it, where a file of the same format is to get it. */
  native?(row: number): unknown;
  readonly lists?: NumberLists;
}

/** Rows that follow each other. Indices count from 0 within the block. */
export interface Block {
  readonly first: Position;
  readonly rows: number;
  /** undefined = no row has it. */
  column(name: string): Column | undefined;
  /** Rows that cannot be read, and why. */
  readonly problems: ReadonlyMap<number, string>;
  /** The line in which a row begins, from 1; undefined where the format has none. */
  line(row: number): number | undefined;
  /** Where the next block begins. */
  readonly next: Position;
}

/** What to read. */
export interface Reading {
  readonly from: Position;
  /** No block goes beyond a multiple of so many rows. */
  readonly stride: number;
  /** The columns that blocks need to have. */
  readonly columns: readonly string[];
}

export interface RowReader {
  readonly columns: readonly ColumnInfo[];
  /** undefined = unknown before the end. */
  readonly totalRows: number | undefined;
  /** Bytes of the whole input. */
  readonly sizeBytes: number;
  /**
   * The rows from a position on, in blocks. Rejects with `invalid_argument` where the rest cannot be read.
   */
  read(reading: Reading): AsyncIterable<Block>;
  close(): Promise<void>;
}

/** Rows of one request. */
export interface Batch {
  readonly rows: number;
  readonly inputs: readonly Tensor[];
  /** Where each of its rows is. */
  readonly sources: readonly RowSource[];
}

export interface RowSource {
  readonly block: Block;
  /** In the block. */
  readonly row: number;
}

/** What a model needs to be known of. */
export interface BatchModel {
  readonly name: string;
  readonly version: number;
  /** Of its files and its configuration. */
  readonly digest: string;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /** Most rows of a request; 0 = requests are no batches: a row is a whole request. */
  readonly maxBatchSize: number;
}

/** Outputs of a request, and the time that it had an instance, in microseconds. */
export interface Answer {
  readonly outputs: readonly Tensor[];
  readonly computeUs: number;
}

/** Answers the requests of a run. Rejects with MillraceError. */
export type AnswerBatch = (batch: Batch, signal: AbortSignal) => Promise<Answer>;

/** A row that has no place in the output. */
export interface FailedRow {
  /** From 1. */
  readonly row: number;
  readonly line: number | undefined;
  readonly kind: FailureKind;
  readonly message: string;
}

/** Why a row fails: it cannot be read, its values do not fit the model, or the model fails. */
export type FailureKind = 'unreadable' | 'mismatch' | 'model';

/** Rows with what the model has answered, in the order of the input. */
export interface AnsweredRows {
  readonly sources: readonly RowSource[];
  /** By name: elements of all rows one after the other. */
  readonly outputs: ReadonlyMap<string, RowTensor>;
}

/** An output by rows. */
export interface RowTensor extends Omit<Tensor, 'shape' | 'name'> {
  /** Of one row. */
  readonly rowShape: readonly number[];
}
