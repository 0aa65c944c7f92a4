import type { JsonValue } from '../../core/index.js';
import { reading, writing } from './operation.js';

export interface SnapshotName {
  readonly kind: string;
  readonly name: string;
}

export const getSnapshot = reading<SnapshotName, JsonValue | undefined>(
  async ({ db }, { kind, name }) => {
    const [row] = await db
      .selectFrom('snapshots')
      .select('value')
      .where('kind', '=', kind)
      .where('name', '=', name)
      .execute();
    return row === undefined ? undefined : (JSON.parse(row.value) as JsonValue);
  },
  { readableFrom: 1 },
);

export const putSnapshot = writing<SnapshotName & { readonly value: JsonValue }, void>(async ({ db }, input) => {
  const value = JSON.stringify(input.value);
  await db
    .insertInto('snapshots')
    .values({ kind: input.kind, name: input.name, value })
    .onConflict((conflict) => conflict.columns(['kind', 'name']).doUpdateSet({ value }))
    .execute();
});

export const removeSnapshot = writing<SnapshotName, void>(async ({ db }, { kind, name }) => {
  await db.deleteFrom('snapshots').where('kind', '=', kind).where('name', '=', name).execute();
});
