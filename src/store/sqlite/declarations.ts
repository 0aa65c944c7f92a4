import type { JsonValue } from '../../core/index.js';
import { RevisionConflict } from '../revision-conflict.js';
import type { ChangedBy, Declaration, DeclarationChange, DeclarationKind } from '../types.js';
import type { Kysely, Selectable } from './kysely.js';
import { reading, writing } from './operation.js';
import type { Tables } from './tables.js';

const MAX_HISTORY = 1_000;

export interface ChangeInput {
  readonly changes: readonly DeclarationChange[];
  readonly by: ChangedBy;
}

export interface HistoryInput {
  readonly kind: DeclarationKind;
  readonly name: string;
  readonly limit: number;
}

export const currentDeclarations = reading<undefined, readonly Declaration[]>(async (db) => {
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
});

export const changeDeclarations = writing<ChangeInput, readonly Declaration[]>(async (db, { changes, by }) => {
  const changed: Declaration[] = [];
  for (const change of changes) changed.push(await changeOne(db, change, by));
  return changed;
});

export const declarationHistory = reading<HistoryInput, readonly Declaration[]>(async (db, { kind, name, limit }) => {
  const rows = await db
    .selectFrom('declarations')
    .selectAll()
    .where('kind', '=', kind)
    .where('name', '=', name)
    .orderBy('revision', 'desc')
    .limit(limit)
    .execute();
  return rows.map(toDeclaration);
});

async function changeOne(db: Kysely<Tables>, change: DeclarationChange, by: ChangedBy): Promise<Declaration> {
  const { kind, name, value, expectedRevision } = change;
  const newest = await db
    .selectFrom('declarations')
    .select('revision')
    .where('kind', '=', kind)
    .where('name', '=', name)
    .orderBy('revision', 'desc')
    .limit(1)
    .execute();
  const before = newest[0]?.revision ?? 0;
  if (expectedRevision !== undefined && expectedRevision !== before) {
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

function toDeclaration(row: Selectable<Tables['declarations']>): Declaration {
  const value = row.value === null ? undefined : (JSON.parse(row.value) as JsonValue);
  return { ...row, kind: row.kind as DeclarationKind, value };
}
