import { MillraceError } from '../../core/index.js';
import type { KeyRecord, KeyUse } from '../types.js';
import { CHANGES_PAGE, isAllNoted, notedFrom } from './following.js';
import { type ChangedKeys, KEY_COLUMNS } from './key-pages.js';
import { type Insertable, type Kysely, type RawBuilder, sql } from './kysely.js';
import { reading, writing } from './operation.js';
import type { ApiKeyRow, Tables } from './tables.js';

export interface PageInput {
  readonly after: string;
  readonly limit: number;
}

const MAX_REVOKED = 100_000;
/** The schema that adds keys. */
const READABLE = { readableFrom: 3 } as const;
const JSON_COLUMNS: ReadonlySet<string> = new Set<keyof ApiKeyRow>(['grants', 'groups']);
const VALUES = KEY_COLUMNS.map((column) =>
  JSON_COLUMNS.has(column) ? sql`json(${sql.ref(column)})` : sql.ref(column),
);
/** Rows of keys as one text of JSON, which is read and sent to another thread several times as fast as rows. */
const PAGE = sql<string>`json_group_array(json_array(${sql.join(VALUES)}))`;

/** By id, with revoked keys. */
export const pageOfKeys = reading<PageInput, string>(
  ({ db }, { after, limit }) =>
    readKeys(db, sql`select * from api_keys where id > ${after} order by id limit ${limit}`),
  READABLE,
);

/** By name, without revoked keys. */
export const listKeys = reading<PageInput, string>(
  ({ db }, { after, limit }) =>
    readKeys(
      db,
      sql`select * from api_keys where revoked_at_ms is null and name > ${after} order by name limit ${limit}`,
    ),
  READABLE,
);

export const keysSince = reading<number | undefined, ChangedKeys | undefined>(async (session, position) => {
  const { db } = session;
  const from = notedFrom(position, session);
  if (from === undefined) return undefined;
  // One statement, so that everything it reads is of one moment.
  const { rows } = await sql<ChangedKeys & { readonly count: number }>`
    with noted as (
      select number, name from changes where kind = 'key' and number > ${from} order by number limit ${CHANGES_PAGE}
    )
    select
      (select count(*) from noted) as count,
      (select coalesce(max(number), ${from}) from noted) as position,
      (select ${PAGE} from api_keys where id in (select name from noted)) as page,
      (select json_group_array(name) from noted where not exists (select 1 from api_keys where id = noted.name)) as gone
  `.execute(db);
  const [read] = rows;
  if (read === undefined || !(await isAllNoted(db, from))) return undefined;
  const { count, ...changed } = read;
  return { ...changed, hasMore: count === CHANGES_PAGE };
}, READABLE);

export const createKey = writing<KeyRecord, void>(async ({ db }, record) => {
  const { id, name } = record;
  const same = await db
    .selectFrom('apiKeys')
    .select('id')
    .where(({ or, and, eb }) => or([eb('id', '=', id), and([eb('name', '=', name), eb('revokedAtMs', 'is', null)])]))
    .execute();
  if (same.some((other) => other.id === id)) throw new MillraceError('already_exists', `there is a key of id '${id}'`);
  if (same.length > 0) throw new MillraceError('already_exists', `there is a key '${name}'`);
  await db.insertInto('apiKeys').values(toRow(record)).execute();
});

export interface KeyUpdate {
  readonly record: KeyRecord;
  readonly digestBefore: string;
}

export const updateKey = writing<KeyUpdate, void>(async ({ db }, { record, digestBefore }) => {
  const { id, lastUsedAtMs: _, ...changed } = toRow(record);
  const { numUpdatedRows } = await db
    .updateTable('apiKeys')
    .set(changed)
    .where('id', '=', id)
    .where('digest', '=', digestBefore)
    .where('revokedAtMs', 'is', null)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) throw await whyNotUpdated(db, record);
  if (record.revokedAtMs !== undefined) await forgetRevoked(db);
});

export const noteKeyUses = writing<readonly KeyUse[], void>(async ({ db }, uses) => {
  for (const { id, atMs } of uses) {
    await db.updateTable('apiKeys').set({ lastUsedAtMs: atMs }).where('id', '=', id).execute();
  }
});

async function readKeys(db: Kysely<Tables>, keys: RawBuilder<unknown>): Promise<string> {
  const { rows } = await sql<{ readonly page: string }>`select ${PAGE} as page from (${keys})`.execute(db);
  return rows[0]?.page ?? '[]';
}

async function whyNotUpdated(db: Kysely<Tables>, { id, name }: KeyRecord): Promise<MillraceError> {
  const [row] = await db.selectFrom('apiKeys').select('revokedAtMs').where('id', '=', id).execute();
  if (row === undefined) return new MillraceError('not_found', `there is no key of id '${id}'`);
  const what = row.revokedAtMs === null ? 'rotated' : 'revoked';
  return new MillraceError(
    'failed_precondition',
    `key '${name}' (${id}) has been ${what} by another server; try again`,
  );
}

async function forgetRevoked(db: Kysely<Tables>): Promise<void> {
  const [oldest] = await db
    .selectFrom('apiKeys')
    .select('revokedAtMs')
    .where('revokedAtMs', 'is not', null)
    .orderBy('revokedAtMs', 'desc')
    .offset(MAX_REVOKED)
    .limit(1)
    .execute();
  if (oldest !== undefined) await db.deleteFrom('apiKeys').where('revokedAtMs', '<=', oldest.revokedAtMs).execute();
}

function toRow({ previous, grants, groups, ...record }: KeyRecord): Insertable<Tables['apiKeys']> {
  return {
    ...record,
    grants: JSON.stringify(grants),
    groups: JSON.stringify(groups),
    expiresAtMs: record.expiresAtMs ?? null,
    rotatedAtMs: record.rotatedAtMs ?? null,
    previousDigest: previous?.digest ?? null,
    previousEndsAtMs: previous?.endsAtMs ?? null,
    revokedAtMs: record.revokedAtMs ?? null,
    revokedBy: record.revokedBy ?? null,
    lastUsedAtMs: record.lastUsedAtMs ?? null,
  };
}
