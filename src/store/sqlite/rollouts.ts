import { type JsonValue, MillraceError } from '../../core/index.js';
import type { RolloutDecision, RolloutRecord, RolloutStep } from '../types.js';
import type { Kysely, Selectable } from './kysely.js';
import { reading, writing } from './operation.js';
import type { Tables } from './tables.js';

const MAX_ROLLOUTS = 100;
const MAX_DECISIONS = 10_000;
/** As long as there is a store. */
const READABLE = { readableFrom: 1 } as const;

export const openRollouts = reading<undefined, readonly RolloutRecord[]>(async ({ db }) => {
  const rows = await db.selectFrom('rollouts').selectAll().where('isOver', '=', 0).orderBy('startedAtMs').execute();
  return rows.map(toRecord);
}, READABLE);

export const beginRollout = writing<{ readonly record: RolloutRecord; readonly decision: RolloutDecision }, void>(
  async ({ db }, { record, decision }) => {
    const { id, model } = record;
    const same = await db
      .selectFrom('rollouts')
      .select(['id', 'isOver'])
      .where(({ or, and, eb }) => or([eb('id', '=', id), and([eb('model', '=', model), eb('isOver', '=', 0)])]))
      .execute();
    if (same.some((other) => other.isOver === 0)) {
      throw new MillraceError('already_exists', `a rollout of model '${model}' is open`);
    }
    if (same.length > 0) throw new MillraceError('already_exists', `there is a rollout '${id}'`);
    await db
      .insertInto('rollouts')
      .values({
        ...record,
        plan: JSON.stringify(record.plan),
        state: JSON.stringify(record.state),
        isOver: Number(record.isOver),
      })
      .execute();
    await addDecision(db, id, decision);
    await forgetOldRollouts(db, model);
  },
);

export const decideRollout = writing<{ readonly id: string; readonly next: RolloutStep }, void>(
  async ({ db }, { id, next }) => {
    const { numUpdatedRows } = await db
      .updateTable('rollouts')
      .set({ state: JSON.stringify(next.state), isOver: Number(next.isOver) })
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    if (numUpdatedRows === 0n) throw new MillraceError('not_found', `there is no rollout '${id}'`);
    await addDecision(db, id, next.decision);
  },
);

export const rolloutsOfModel = reading<{ readonly model: string; readonly limit: number }, readonly RolloutRecord[]>(
  async ({ db }, { model, limit }) => {
    const rows = await newestOfModel(db, model).selectAll().limit(limit).execute();
    return rows.map(toRecord);
  },
  READABLE,
);

export const rolloutDecisions = reading<{ readonly id: string; readonly limit: number }, readonly RolloutDecision[]>(
  async ({ db }, { id, limit }) => {
    const rows = await db
      .selectFrom('rolloutDecisions')
      .select(['atMs', 'by', 'action', 'reason', 'numbers'])
      .where('rolloutId', '=', id)
      .orderBy('number', 'desc')
      .limit(limit)
      .execute();
    return rows.map((row) => ({ ...row, numbers: JSON.parse(row.numbers) as JsonValue }));
  },
  READABLE,
);

async function addDecision(db: Kysely<Tables>, rolloutId: string, decision: RolloutDecision): Promise<void> {
  const newest = await db
    .selectFrom('rolloutDecisions')
    .select('number')
    .where('rolloutId', '=', rolloutId)
    .orderBy('number', 'desc')
    .limit(1)
    .execute();
  const number = (newest[0]?.number ?? 0) + 1;
  const { atMs, by, action, reason, numbers } = decision;
  await db
    .insertInto('rolloutDecisions')
    .values({ rolloutId, number, atMs, by, action, reason, numbers: JSON.stringify(numbers) })
    .execute();
  await db
    .deleteFrom('rolloutDecisions')
    .where('rolloutId', '=', rolloutId)
    .where('number', '<=', number - MAX_DECISIONS)
    .execute();
}

async function forgetOldRollouts(db: Kysely<Tables>, model: string): Promise<void> {
  const kept = newestOfModel(db, model).select('id').limit(MAX_ROLLOUTS);
  await db.deleteFrom('rollouts').where('model', '=', model).where('id', 'not in', kept).execute();
}

/** The one that is open comes first, whatever the clock says. */
function newestOfModel(db: Kysely<Tables>, model: string) {
  return db
    .selectFrom('rollouts')
    .where('model', '=', model)
    .orderBy('isOver')
    .orderBy('startedAtMs', 'desc')
    .orderBy('id', 'desc');
}

function toRecord(row: Selectable<Tables['rollouts']>): RolloutRecord {
  return {
    ...row,
    plan: JSON.parse(row.plan) as JsonValue,
    state: JSON.parse(row.state) as JsonValue,
    isOver: row.isOver !== 0,
  };
}
