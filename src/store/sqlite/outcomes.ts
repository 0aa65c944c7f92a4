import { groupBy } from '../../core/index.js';
import { addTo } from '../../statistics/index.js';
import type { ArmOutcomes, FoundAnswer, NotedAnswer, OutcomeInput, OutcomeRecords } from '../types.js';
import type { Insertable, Kysely, Selectable } from './kysely.js';
import { reading, writing } from './operation.js';
import type { Tables } from './tables.js';

const MAX_ANSWERS = 1_000_000;
/** Of which the store keeps sums: versions that have not been heard of for long are forgotten. */
const MAX_ARMS = 10_000;
const MAX_EXPIRED = 1_000;
/** In one statement, which has a limit of parameters. */
const MAX_INSERTED = 1_000;

type AnswersOfArm = readonly [NotedAnswer, ...NotedAnswer[]];
type Arm = Pick<NotedAnswer, 'route' | 'arm' | 'model' | 'version' | 'kind' | 'better'>;

export const noteAnswers = writing<readonly NotedAnswer[], void>(async ({ db }, answers) => {
  for (let from = 0; from < answers.length; from += MAX_INSERTED) {
    await insertAnswers(db, answers.slice(from, from + MAX_INSERTED));
  }
  for (const group of byArm(answers)) await countAnswers(db, group);
});

export const findAnswer = reading<Pick<NotedAnswer, 'principal' | 'requestId'>, FoundAnswer | undefined>(
  async ({ db }, { principal, requestId }) => {
    const [row] = await db
      .selectFrom('answers')
      .selectAll()
      .where('principal', '=', principal)
      .where('requestId', '=', requestId)
      .execute();
    return row && toAnswer(row);
  },
);

export const joinOutcome = writing<OutcomeInput, 'joined' | 'used' | 'unknown'>(async (session, input) => {
  const { db } = session;
  const answer = await findAnswer.run(session, input);
  if (answer === undefined || answer.expiresAtMs <= input.atMs) return 'unknown';
  if (answer.value !== undefined) return 'used';
  await db
    .updateTable('answers')
    .set({ value: input.value })
    .where('principal', '=', input.principal)
    .where('requestId', '=', input.requestId)
    .execute();
  await addValues(db, answer, { values: [input.value], atMs: input.atMs });
  return 'joined';
});

export const expireAnswers = writing<number, Awaited<ReturnType<OutcomeRecords['expire']>>>(async ({ db }, nowMs) => {
  const newest = await db.selectFrom('answers').select('id').orderBy('id', 'desc').limit(1).execute();
  const expired = await db
    .selectFrom('answers')
    .selectAll()
    .where(({ or, eb }) => or([eb('expiresAtMs', '<=', nowMs), eb('id', '<=', (newest[0]?.id ?? 0) - MAX_ANSWERS)]))
    .limit(MAX_EXPIRED)
    .execute();
  if (expired.length === 0) return { missing: [], hasMore: false };
  const ids = expired.map(({ id }) => id);
  await db.deleteFrom('answers').where('id', 'in', ids).execute();
  const missing = expired.filter((row) => row.value === null && row.missing !== null).map(toAnswer);
  for (const group of byArm(missing)) {
    await addValues(db, group[0], { values: group.map((answer) => answer.missing ?? 0), atMs: nowMs });
  }
  return { missing, hasMore: expired.length === MAX_EXPIRED };
});

export const outcomesOfRoute = reading<string, readonly ArmOutcomes[]>(({ db }, route) =>
  db
    .selectFrom('armOutcomes')
    .select(['arm', 'model', 'version', 'kind', 'better', 'answers', 'outcomes', 'mean', 'squares', 'changedAtMs'])
    .where('route', '=', route)
    .orderBy('arm')
    .orderBy('changedAtMs', 'desc')
    .execute(),
);

async function insertAnswers(db: Kysely<Tables>, answers: readonly NotedAnswer[]): Promise<void> {
  await db
    .insertInto('answers')
    .values(answers.map(toRow))
    .onConflict((conflict) =>
      conflict
        .columns(['principal', 'requestId'])
        .doUpdateSet(({ ref }) => ({
          ownerId: ref('excluded.ownerId'),
          route: ref('excluded.route'),
          arm: ref('excluded.arm'),
          model: ref('excluded.model'),
          version: ref('excluded.version'),
          share: ref('excluded.share'),
          key: ref('excluded.key'),
          answeredAtMs: ref('excluded.answeredAtMs'),
          expiresAtMs: ref('excluded.expiresAtMs'),
          kind: ref('excluded.kind'),
          low: ref('excluded.low'),
          high: ref('excluded.high'),
          better: ref('excluded.better'),
          missing: ref('excluded.missing'),
          answeredClass: ref('excluded.answeredClass'),
        }))
        .where('answers.value', 'is', null),
    )
    .execute();
}

async function countAnswers(db: Kysely<Tables>, answers: AnswersOfArm): Promise<void> {
  const before = await sumsOf(db, answers[0]);
  const changedAtMs = Math.max(before.changedAtMs, ...answers.map(({ answeredAtMs }) => answeredAtMs));
  await putSums(db, { ...before, answers: before.answers + answers.length, changedAtMs });
}

async function addValues(
  db: Kysely<Tables>,
  arm: Arm,
  { values, atMs }: { readonly values: readonly number[]; readonly atMs: number },
): Promise<void> {
  const before = await sumsOf(db, arm);
  const moments = { count: before.outcomes, mean: before.mean, m2: before.squares };
  for (const value of values) addTo(moments, value);
  const { count: outcomes, mean, m2: squares } = moments;
  await putSums(db, { ...before, outcomes, mean, squares, changedAtMs: Math.max(before.changedAtMs, atMs) });
}

async function sumsOf(db: Kysely<Tables>, of: Arm): Promise<Selectable<Tables['armOutcomes']>> {
  const { route, arm, model, version, kind, better } = of;
  const [row] = await db
    .selectFrom('armOutcomes')
    .selectAll()
    .where('route', '=', route)
    .where('arm', '=', arm)
    .where('model', '=', model)
    .where('version', '=', version)
    .where('kind', '=', kind)
    .where('better', '=', better)
    .execute();
  if (row !== undefined) return row;
  await forgetOldArms(db);
  return { route, arm, model, version, kind, better, answers: 0, outcomes: 0, mean: 0, squares: 0, changedAtMs: 0 };
}

async function putSums(db: Kysely<Tables>, row: Selectable<Tables['armOutcomes']>): Promise<void> {
  const { answers, outcomes, mean, squares, changedAtMs } = row;
  await db
    .insertInto('armOutcomes')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .columns(['route', 'arm', 'model', 'version', 'kind', 'better'])
        .doUpdateSet({ answers, outcomes, mean, squares, changedAtMs }),
    )
    .execute();
}

async function forgetOldArms(db: Kysely<Tables>): Promise<void> {
  const [oldest] = await db
    .selectFrom('armOutcomes')
    .select('changedAtMs')
    .orderBy('changedAtMs', 'desc')
    .offset(MAX_ARMS - 1)
    .limit(1)
    .execute();
  if (oldest !== undefined) await db.deleteFrom('armOutcomes').where('changedAtMs', '<=', oldest.changedAtMs).execute();
}

function byArm(answers: readonly NotedAnswer[]): Iterable<AnswersOfArm> {
  return groupBy(answers, ({ route, arm, model, version, kind, better }) =>
    JSON.stringify([route, arm, model, version, kind, better]),
  ).values();
}

function toRow(answer: NotedAnswer): Insertable<Tables['answers']> {
  const { ownerId = null, missing = null, share = null, key = null, answeredClass = null } = answer;
  return { ...answer, ownerId, missing, share, key, answeredClass };
}

function toAnswer({ id: _, ...row }: Selectable<Tables['answers']>): FoundAnswer {
  return {
    ...row,
    ownerId: row.ownerId ?? undefined,
    share: row.share ?? undefined,
    key: row.key ?? undefined,
    missing: row.missing ?? undefined,
    answeredClass: row.answeredClass ?? undefined,
    value: row.value ?? undefined,
  };
}
