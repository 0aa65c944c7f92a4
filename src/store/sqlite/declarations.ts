import type { JsonValue } from '../../core/index.js';
import { RevisionConflict } from '../errors.js';
import type { ChangedBy, Declaration, DeclarationChange, DeclarationKind, WrittenSince } from '../types.js';
import { CHANGES_PAGE, isAllNoted, notedFrom } from './following.js';
import type { Kysely, Selectable } from './kysely.js';
import { reading, writing } from './operation.js';
import type { Tables } from './tables.js';

const MAX_HISTORY = 1_000;
/** As long as there is a store. */
const READABLE = { readableFrom: 1 } as const;

export interface ChangeInput {
  readonly changes: readonly DeclarationChange[];
  readonly by: ChangedBy;
}

export interface HistoryInput {
  readonly kind: DeclarationKind;
  readonly name: string;
  readonly limit: number;
}

export const currentDeclarations = reading<undefined, readonly Declaration[]>(async ({ db }) => {
  const rows = await db
    .selectFrom('declarations as one')
    .selectAll()
    .where('value', 'is not', null)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('declarations as later')
            .select('later.revision')
            .whereRef('later.kind', '=', 'one.kind')
            .whereRef('later.name', '=', 'one.name')
            .whereRef('later.revision', '>', 'one.revision'),
        ),
      ),
    )
    .orderBy('kind')
    .orderBy('name')
    .execute();
  return rows.map(toDeclaration);
}, READABLE);

export const declarationsSince = reading<number | undefined, WrittenSince<Declaration> | undefined>(
  async (session, position) => {
    const { db } = session;
    const from = notedFrom(position, session);
    if (from === undefined) return undefined;
    const rows = await db
      .selectFrom('changes')
      .innerJoin('declarations', (join) =>
        join.onRef('declarations.kind', '=', 'changes.kind').onRef('declarations.name', '=', 'changes.name'),
      )
      .selectAll()
      .where('changes.number', '>', from)
      .where('declarations.revision', '=', ({ selectFrom }) =>
        selectFrom('declarations as one')
          .select(({ fn }) => fn.max('one.revision').as('newest'))
          .whereRef('one.kind', '=', 'changes.kind')
          .whereRef('one.name', '=', 'changes.name'),
      )
      .orderBy('changes.number')
      .limit(CHANGES_PAGE)
      .execute();
    if (!(await isAllNoted(db, from))) return undefined;
    const written = rows.map(({ number: _, ...row }) => toDeclaration(row));
    return { written, position: rows.at(-1)?.number ?? from, hasMore: rows.length === CHANGES_PAGE };
  },
  READABLE,
);

export const changeDeclarations = writing<ChangeInput, readonly Declaration[]>(async ({ db }, { changes, by }) => {
  const changed: Declaration[] = [];
  for (const change of changes) changed.push(await changeOne(db, change, by));
  return changed;
});

export const declarationHistory = reading<HistoryInput, readonly Declaration[]>(
  ({ db }, input) => newestFirst(db, input),
  READABLE,
);

async function changeOne(db: Kysely<Tables>, change: DeclarationChange, by: ChangedBy): Promise<Declaration> {
  const { kind, name, value, expectedRevision } = change;
  const [newest] = await newestFirst(db, { kind, name, limit: 1 });
  const before = newest?.revision ?? 0;
  const isAbsent = newest?.value === undefined;
  if (expectedRevision !== undefined && expectedRevision !== before && !(expectedRevision === 0 && isAbsent)) {
    throw new RevisionConflict({ kind, name, expectedRevision, revision: before });
  }
  const declaration = { kind, name, revision: before + 1, value, changedAtMs: by.atMs, changedBy: by.principal };
  const text = value === undefined ? null : JSON.stringify(value);
  await db
    .insertInto('declarations')
    .values({ ...declaration, value: text })
    .execute();
  await db
    .deleteFrom('declarations')
    .where('kind', '=', kind)
    .where('name', '=', name)
    .where('revision', '<=', declaration.revision - MAX_HISTORY)
    .execute();
  return declaration;
}

/** All revisions of one. */
async function newestFirst(
  db: Kysely<Tables>,
  { kind, name, limit }: Omit<HistoryInput, 'kind'> & { readonly kind: string },
): Promise<readonly Declaration[]> {
  const rows = await db
    .selectFrom('declarations')
    .selectAll()
    .where('kind', '=', kind)
    .where('name', '=', name)
    .orderBy('revision', 'desc')
    .limit(limit)
    .execute();
  return rows.map(toDeclaration);
}

function toDeclaration(row: Selectable<Tables['declarations']>): Declaration {
  const value = row.value === null ? undefined : (JSON.parse(row.value) as JsonValue);
  return { ...row, kind: row.kind as DeclarationKind, value };
}
