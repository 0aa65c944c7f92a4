import { createRequire } from 'node:module';
import type * as vendor from 'kysely';

export type { Generated, Insertable, RawBuilder, Selectable } from 'kysely';

// As ES modules, its 280 files are opened all at once, for which a process that may have few open (`ulimit -n 128`) has no room.
const kysely: typeof vendor = createRequire(import.meta.url)('kysely');

/** What builds queries, loaded file by file. */
export const { CamelCasePlugin, Kysely, SqliteDialect, sql } = kysely;
export type Kysely<Tables> = vendor.Kysely<Tables>;
