import type { BatchRecord, NumberedBatch } from '../batches.js';
import type { NewFile } from '../files.js';
import type { BindValue } from './database.js';
import { FILES_SCHEMA, insertFile } from './files.js';
import { reading, writing } from './operation.js';
import { scrubAround } from './scrub.js';
import type { Session } from './session.js';

/** Batches that one step removes. */
const MAX_PRUNED = 100;

/** A batch as one text of JSON, which crosses threads several times as fast as an object. */
export interface BatchRow {
  readonly number: number;
  /** JSON of a {@link BatchRecord}. */
  readonly value: string;
}

export function readBatch({ number, value }: BatchRow): NumberedBatch {
  // It was written by this store.
  return { ...(JSON.parse(value) as BatchRecord), number };
}

/** False = there is no file of this id and content. */
export const addBatch = writing<BatchRecord, boolean>(async (session, batch) => {
  const { id, owner, inputFile, inputContent, objects } = batch;
  if (objects?.input === undefined) {
    const found = session.statement(FILE).all([inputFile, inputContent ?? null]);
    if (found.length === 0) return false;
  }
  session.statement(INSERT).run([id, owner, inputFile, ...changing(batch)]);
  return true;
});

export interface BatchChange {
  readonly batch: BatchRecord;
  readonly files: readonly NewFile[];
}

export const putBatch = writing<BatchChange, void>(async (session, { batch, files }) => {
  session.statement(UPDATE).run([...changing(batch), batch.id]);
  for (const file of files) insertFile(session, file);
});

export const getBatch = reading<string, BatchRow | undefined>(
  async (session, id) => select(session, 'where id = ?', [id])[0],
  FILES_SCHEMA,
);

export interface BatchPage {
  /** undefined = all. */
  readonly owner: string | undefined;
  readonly before: number | undefined;
  readonly limit: number;
}

export const listBatches = reading<BatchPage, readonly BatchRow[]>(async (session, { owner, before, limit }) => {
  const page = [before ?? Number.MAX_SAFE_INTEGER, limit];
  if (owner === undefined) return select(session, 'where number < ? order by number desc limit ?', page);
  return select(session, 'where owner = ? and number < ? order by number desc limit ?', [owner, ...page]);
}, FILES_SCHEMA);

export const openBatches = reading<undefined, readonly BatchRow[]>(
  async (session) => select(session, 'where is_open = 1 order by number', []),
  FILES_SCHEMA,
);

/** Number of batches that were removed. */
export interface RemovedBatches {
  readonly removed: number;
  readonly hasMore: boolean;
}

export const pruneBatches = writing<number, RemovedBatches>(async (session, nowMs) => {
  const removed = session.statement(PRUNE).all([nowMs]) as readonly { readonly number: number }[];
  for (const { number } of removed) scrubAround(session, 'batches', number);
  return { removed: removed.length, hasMore: removed.length === MAX_PRUNED };
});

function changing(batch: BatchRecord): readonly BindValue[] {
  const { removeAtMs, outputContent, errorContent, inputContent, objects } = batch;
  // That of a file is named by its row.
  const copy = objects?.input === undefined ? undefined : inputContent;
  const isOpen = removeAtMs === undefined ? 1 : 0;
  return [isOpen, removeAtMs ?? null, outputContent ?? null, errorContent ?? null, copy ?? null, JSON.stringify(batch)];
}

function select(session: Session, where: string, values: readonly BindValue[]): readonly BatchRow[] {
  return session.statement(`select number, value from batches ${where}`).all(values) as readonly BatchRow[];
}

const FILE = 'select 1 from files where id = ? and content = ?';
const INSERT = `
  insert into batches (id, owner, input_file, is_open, remove_at_ms, output_content, error_content, input_copy, value)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const UPDATE = `
  update batches set is_open = ?, remove_at_ms = ?, output_content = ?, error_content = ?, input_copy = ?, value = ?
  where id = ?`;
const PRUNE = `
  delete from batches where number in (
    select number from batches where remove_at_ms <= ? order by remove_at_ms limit ${MAX_PRUNED}
  ) returning number`;
