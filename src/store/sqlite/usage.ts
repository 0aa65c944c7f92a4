import { USAGE_COUNTS, USAGE_LABELS, type UsageHorizons, type UsageQuery, type UsageSum } from '../usage.js';
import { type Kysely, sql } from './kysely.js';
import { reading, writing } from './operation.js';
import type { Tables } from './tables.js';
import { USAGE_FIELDS, type UsageRows } from './usage-rows.js';

const DAY_MS = 86_400_000;
/** Rows that one step of pruning removes. */
const MAX_PRUNED = 2_000;

const COLUMNS = [...USAGE_LABELS, ...USAGE_COUNTS].map(
  (name) => [name, name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)] as const,
);
const COLUMN = Object.fromEntries(COLUMNS) as Readonly<Record<(typeof COLUMNS)[number][0], string>>;
const valueAt = (field: (typeof USAGE_FIELDS)[number]) => `value ->> ${USAGE_FIELDS.indexOf(field)}`;
const list = (parts: readonly string[]) => parts.join(', ');

/** A batch is one list of JSON for SQLite: a statement for each row would take twenty times as long. */
const ADD_SERIES = `
  insert into usage_series (${list(USAGE_LABELS)})
  select distinct ${list(USAGE_LABELS.map(valueAt))} from json_each(?) where true
  on conflict do nothing`;
const addTo = (table: string, startOf: string) => `
  insert into ${table} (at_ms, series, ${list(USAGE_COUNTS.map((name) => COLUMN[name]))})
  select ${startOf}, series.id, ${list(USAGE_COUNTS.map(valueAt))}
  from json_each(?) cross join usage_series as series
  where ${USAGE_LABELS.map((name) => `series.${name} = ${valueAt(name)}`).join(' and ')}
  on conflict (at_ms, series) do update set
  ${list(USAGE_COUNTS.map((name) => `${COLUMN[name]} = ${COLUMN[name]} + excluded.${COLUMN[name]}`))}`;
const ADD_TO_HOURS = addTo('usage_hours', valueAt('hourMs'));
const ADD_TO_DAYS = addTo('usage_days', `(${valueAt('hourMs')}) / ${DAY_MS} * ${DAY_MS}`);

export const addUsage = writing<UsageRows, void>(async ({ db }, { writer, number, rows }) => {
  const [last] = await db.selectFrom('usageWriter').selectAll().execute();
  if (last?.writer === writer && last.batch >= number) return;
  for (const statement of [ADD_SERIES, ADD_TO_HOURS, ADD_TO_DAYS]) await run(db, statement, rows);
  await db
    .insertInto('usageWriter')
    .values({ id: 1, writer, batch: number })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ writer, batch: number }))
    .execute();
});

export const sumUsage = reading<UsageQuery, readonly UsageSum[]>(async ({ db }, query) => {
  const { period, fromMs, toMs, by, principal, limit } = query;
  const labels = [...USAGE_LABELS.filter((name) => name === 'price' || by.includes(name)), ...timeOf(by)];
  const table = period === 'hour' ? 'usageHours' : 'usageDays';
  const rows = await db
    .selectFrom(table)
    .innerJoin('usageSeries', 'usageSeries.id', 'series')
    .select(labels)
    .select(USAGE_COUNTS.map((name) => sql<number>`sum(${sql.ref(name)})`.as(name)))
    .where('atMs', '>=', fromMs)
    .where('atMs', '<', toMs)
    .$if(principal !== undefined, (select) => select.where('principal', '=', principal ?? ''))
    .groupBy(labels)
    .$call((select) => labels.reduce((ordered, label) => ordered.orderBy(label), select))
    .limit(limit)
    .execute();
  // Its columns are those that were asked for.
  return rows as unknown as readonly UsageSum[];
});

export const pruneUsage = writing<UsageHorizons, { readonly hasMore: boolean }>(
  async ({ db }, { hoursBeforeMs, daysBeforeMs }) => {
    const hours = await prune(db, 'usageHours', hoursBeforeMs);
    const days = await prune(db, 'usageDays', daysBeforeMs);
    await forgetUnused(db, days);
    return { hasMore: hours.length === MAX_PRUNED || days.length === MAX_PRUNED };
  },
);

/** The series whose rows were removed. */
async function prune(
  db: Kysely<Tables>,
  table: 'usageHours' | 'usageDays',
  beforeMs: number,
): Promise<readonly number[]> {
  const { rows } = await sql<{ readonly series: number }>`
    delete from ${sql.table(table)} where (at_ms, series) in
    (select at_ms, series from ${sql.table(table)} where at_ms < ${beforeMs} limit ${MAX_PRUNED})
    returning series
  `.execute(db);
  return rows.map(({ series }) => series);
}

/** Days are kept at least as long as hours: what has none is not used any more. */
async function forgetUnused(db: Kysely<Tables>, series: readonly number[]): Promise<void> {
  if (series.length === 0) return;
  await sql`
    delete from usage_series where id in (select value from json_each(${JSON.stringify(series)}))
    and not exists (select 1 from usage_days where usage_days.series = usage_series.id)
  `.execute(db);
}

function timeOf(by: UsageQuery['by']): readonly ['atMs'] | readonly [] {
  return by.includes('time') ? ['atMs'] : [];
}

/** The statement has one parameter. */
async function run(db: Kysely<Tables>, statement: string, parameter: string): Promise<void> {
  const [before = '', after = ''] = statement.split('?');
  await sql`${sql.raw(before)}${parameter}${sql.raw(after)}`.execute(db);
}
