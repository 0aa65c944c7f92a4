import type { KeyRecord, WrittenKey, WrittenSince } from '../types.js';
import type { ApiKeyRow } from './tables.js';

/** Columns of a key in a page, where each row is a list of values: the shortest JSON, and the fastest to read. */
export const KEY_COLUMNS = [
  'id',
  'name',
  'owner',
  'grants',
  'groups',
  'digest',
  'createdAtMs',
  'createdBy',
  'expiresAtMs',
  'rotatedAtMs',
  'previousDigest',
  'previousEndsAtMs',
  'revokedAtMs',
  'revokedBy',
  'lastUsedAtMs',
] as const satisfies readonly (keyof ApiKeyRow)[];

type Columns = typeof KEY_COLUMNS;
/** A row whose columns of JSON are read as JSON. */
type Parsed = Omit<ApiKeyRow, 'grants' | 'groups'> & Pick<KeyRecord, 'grants' | 'groups'>;
type Indexes = {
  readonly [Index in keyof Columns & `${number}` as Columns[Index]]: Index extends `${infer N extends number}`
    ? N
    : never;
};
type PageRow = { readonly [Column in keyof Indexes as Indexes[Column]]: Parsed[Column] };

// Constant indexes: reading by name costs nothing.
const AT = Object.fromEntries(KEY_COLUMNS.map((column, index) => [column, index])) as Indexes;

/** A page of changed keys, and the ids of removed ones, both as JSON. */
export interface ChangedKeys extends Omit<WrittenSince<never>, 'written'> {
  readonly page: string;
  readonly gone: string;
}

/** Reads the result of `keysSince`. */
export function readChangedKeys({ page, gone, ...rest }: ChangedKeys): WrittenSince<WrittenKey> {
  const written: WrittenKey[] = readPage(page).map((record) => ({ id: record.id, record }));
  for (const id of JSON.parse(gone) as readonly string[]) written.push({ id, record: undefined });
  return { ...rest, written };
}

/** Reads a page of keys, the result of `pageOfKeys` or `listKeys`. */
export function readPage(page: string): readonly KeyRecord[] {
  return (JSON.parse(page) as readonly PageRow[]).map(toRecord);
}

// Written out: a spread takes twice as long, and requests wait while keys are read.
function toRecord(row: PageRow): KeyRecord {
  const previousDigest = row[AT.previousDigest];
  const previousEndsAtMs = row[AT.previousEndsAtMs];
  const hasPrevious = previousDigest !== null && previousEndsAtMs !== null;
  return {
    id: row[AT.id],
    name: row[AT.name],
    owner: row[AT.owner],
    grants: row[AT.grants],
    groups: row[AT.groups],
    digest: row[AT.digest],
    createdAtMs: row[AT.createdAtMs],
    createdBy: row[AT.createdBy],
    expiresAtMs: row[AT.expiresAtMs] ?? undefined,
    rotatedAtMs: row[AT.rotatedAtMs] ?? undefined,
    previous: hasPrevious ? { digest: previousDigest, endsAtMs: previousEndsAtMs } : undefined,
    revokedAtMs: row[AT.revokedAtMs] ?? undefined,
    revokedBy: row[AT.revokedBy] ?? undefined,
    lastUsedAtMs: row[AT.lastUsedAtMs] ?? undefined,
  };
}
