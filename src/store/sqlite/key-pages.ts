import type { KeyGrant, KeyRecord, WrittenKey, WrittenSince } from '../types.js';

/** Keys of a {@link readPage}, and the ids of those that are gone. */
export interface NotedKeys extends Omit<WrittenSince<never>, 'written'> {
  readonly page: string;
  readonly gone: string;
}

/** What the store gives of `keysSince`. */
export function readNoted({ page, gone, ...rest }: NotedKeys): WrittenSince<WrittenKey> {
  const written: WrittenKey[] = readPage(page).map((record) => ({ id: record.id, record }));
  for (const id of JSON.parse(gone) as readonly string[]) written.push({ id, record: undefined });
  return { ...rest, written };
}

/** The records of a `pageOfKeys`. None is copied on the way: there may be many, and who comes with one waits for all. */
export function readPage(page: string): readonly KeyRecord[] {
  return (JSON.parse(page) as readonly PageRow[]).map((row): KeyRecord => {
    const previousDigest = row[10];
    const previousEndsAtMs = row[11];
    const hasPrevious = previousDigest !== null && previousEndsAtMs !== null;
    return {
      id: row[0],
      name: row[1],
      owner: row[2],
      grants: row[3],
      groups: row[4],
      digest: row[5],
      createdAtMs: row[6],
      createdBy: row[7],
      expiresAtMs: row[8] ?? undefined,
      rotatedAtMs: row[9] ?? undefined,
      previous: hasPrevious ? { digest: previousDigest, endsAtMs: previousEndsAtMs } : undefined,
      revokedAtMs: row[12] ?? undefined,
      revokedBy: row[13] ?? undefined,
      lastUsedAtMs: row[14] ?? undefined,
    };
  });
}

type PageRow = readonly [
  id: string,
  name: string,
  owner: string,
  grants: readonly KeyGrant[],
  groups: readonly string[],
  digest: string,
  createdAtMs: number,
  createdBy: string,
  expiresAtMs: number | null,
  rotatedAtMs: number | null,
  previousDigest: string | null,
  previousEndsAtMs: number | null,
  revokedAtMs: number | null,
  revokedBy: string | null,
  lastUsedAtMs: number | null,
];
