import type { StoreWatch } from '../types.js';
import { type Kysely, sql } from './kysely.js';
import { NOTED_CHANGES, NOTING_SCHEMA } from './migrations.js';
import { type Operation, reading, writing } from './operation.js';
import type { Session } from './session.js';
import type { Tables } from './tables.js';

/** Changes that are read at once. */
export const CHANGES_PAGE = 1_000;

/** Writes nothing: who may write is who owns the file. */
export const own = writing<undefined, void>(async () => undefined);

/** `data_version` counts what other connections commit, and says nothing to another connection. */
export const watch: Operation<undefined, StoreWatch> = {
  writes: false,
  anySchema: true,
  async run(session) {
    const { db, id, writer } = session;
    // Throws where a newer millrace has written the tables.
    session.schema();
    const { rows } = await sql<{ readonly dataVersion: number }>`pragma data_version`.execute(db);
    return { version: `${id} ${rows[0]?.dataVersion}`, writer };
  },
};

/** Of the last change that was noted; undefined where none is noted. */
export const notedPosition = reading<undefined, number | undefined>(
  async (session) => (notesChanges(session) ? newestNumber(session.db) : undefined),
  { readableFrom: 1 },
);

/**
 * Whether all that was changed behind a position is noted. To be asked after that was read: then none of it had been dropped when it was.
 */
export async function isAllNoted(db: Kysely<Tables>, position: number): Promise<boolean> {
  return position >= (await newestNumber(db)) - NOTED_CHANGES;
}

/** A position behind which what is changed is noted; undefined = it is not known, or nothing is noted in this file. */
export function notedFrom(position: number | undefined, session: Session): number | undefined {
  return notesChanges(session) ? position : undefined;
}

function notesChanges(session: Session): boolean {
  return session.schema() >= NOTING_SCHEMA;
}

async function newestNumber(db: Kysely<Tables>): Promise<number> {
  const { newest } = await db
    .selectFrom('changes')
    .select(({ fn }) => fn.max('number').as('newest'))
    .executeTakeFirstOrThrow();
  return newest ?? 0;
}
