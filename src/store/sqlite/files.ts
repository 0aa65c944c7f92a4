import type { FilePage, FileRecord, FileRemoval, NewFile, ReleasedBytes } from '../files.js';
import type { BindValue } from './database.js';
import { reading, writing } from './operation.js';
import { scrubAround } from './scrub.js';
import type { Session } from './session.js';

/** The schema that adds files and batches. */
export const FILES_SCHEMA = { readableFrom: 9 } as const;
/** Rows that one step removes. */
const MAX_PRUNED = 1_000;

/** What a step has removed from the tables. */
export interface RemovedContents {
  readonly released: readonly ReleasedBytes[];
  readonly contents: readonly string[];
  readonly hasMore: boolean;
}

export const addFile = writing<NewFile, void>(async (session, file) => insertFile(session, file));

export function insertFile(session: Session, file: NewFile): void {
  const { id, owner, principal, purpose, name, sizeBytes, content, createdAtMs, expiresAtMs } = file;
  session.statement(INSERT).run([id, owner, principal, purpose, name, sizeBytes, content, createdAtMs, expiresAtMs]);
}

export const getFile = reading<string, FileRecord | undefined>(
  async (session, id) => select(session, `${SELECT} where id = ?`, [id])[0],
  FILES_SCHEMA,
);

export const listFiles = reading<FilePage, readonly FileRecord[]>(async (session, page) => {
  const { owner, purpose, newestFirst, after, limit } = page;
  const [bound, order] = newestFirst ? ['<', 'desc'] : ['>', 'asc'];
  const ofPurpose = purpose === undefined ? [] : [purpose];
  const statement = `
    ${SELECT} where owner = ? ${purpose === undefined ? '' : 'and purpose = ?'} and number ${bound} ? order by number ${order} limit ?`;
  const from = after ?? (newestFirst ? Number.MAX_SAFE_INTEGER : 0);
  return select(session, statement, [owner, ...ofPurpose, from, limit]);
}, FILES_SCHEMA);

export interface RemovedFile {
  readonly removal: FileRemoval;
  readonly contents: readonly string[];
}

export const removeFile = writing<string, RemovedFile>(async (session, id) => {
  const [reader] = session.statement(READER).all([id]) as readonly { readonly batch: string }[];
  if (reader !== undefined) return { removal: { kind: 'inUse', batch: reader.batch }, contents: [] };
  const [removed] = session.statement(DELETE).all([id]) as readonly {
    readonly number: number;
    readonly content: string;
  }[];
  if (removed === undefined) return { removal: { kind: 'missing' }, contents: [] };
  scrubAround(session, 'files', removed.number);
  return { removal: { kind: 'removed' }, contents: [removed.content] };
});

export const pruneFiles = writing<number, RemovedContents>(async (session, nowMs) => {
  const removed = session.statement(PRUNE).all([nowMs]) as readonly RemovedRow[];
  return {
    released: removed.map(({ owner, bytes }) => ({ owner, files: 1, bytes })),
    contents: removed.map(({ content }) => content),
    hasMore: removed.length === MAX_PRUNED,
  };
});

export const fileTotals = reading<undefined, readonly ReleasedBytes[]>(
  async (session) => session.statement(TOTALS).all([]) as readonly ReleasedBytes[],
  FILES_SCHEMA,
);

/** Of names of contents, those that no row names. It writes nothing: only the process that owns the store may remove contents. */
export const unusedContents = writing<readonly string[], readonly string[]>(async (session, names) =>
  names.filter((name) => session.statement(IS_USED).all([name, name, name, name, name]).length === 0),
);

interface RemovedRow {
  readonly owner: string;
  readonly bytes: number;
  readonly content: string;
}

function select(session: Session, statement: string, values: readonly BindValue[]): readonly FileRecord[] {
  return session.statement(statement).all(values) as readonly FileRecord[];
}

const INSERT = `
  insert into files (id, owner, principal, purpose, name, size_bytes, content, created_at_ms, expires_at_ms)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const SELECT = `
  select number, id, owner, principal, purpose, name, size_bytes as sizeBytes, content, created_at_ms as createdAtMs,
    expires_at_ms as expiresAtMs
  from files`;
const READER = 'select id as batch from batches where input_file = ? and is_open = 1 limit 1';
const DELETE = 'delete from files where id = ? returning number, content';
const PRUNE = `
  delete from files where number in (
    select number from files where expires_at_ms <= ?
      and not exists (select 1 from batches where input_file = files.id and is_open = 1)
    order by expires_at_ms limit ${MAX_PRUNED}
  ) returning owner, size_bytes as bytes, content`;
const TOTALS = `
  select owner, sum(files) as files, sum(bytes) as bytes from (
    select owner, 1 as files, size_bytes as bytes from files
    union all select owner, 0, size_bytes from upload_parts
  ) group by owner`;
const IS_USED = `
  select 1 from files where content = ? union all select 1 from upload_parts where content = ?
  union all select 1 from batches where output_content = ? union all select 1 from batches where error_content = ?
  union all select 1 from batches where input_copy = ? limit 1`;
