// Makes a store of this build that holds jobs of `bench -- --jobs`: half have succeeded, a quarter is queued for a paused model, and a quarter waits for its time.
// Usage: node stored-jobs.mjs FILE COUNT PAUSED_MODEL.
import { JOB, openJobsTable, withStore } from './jobs-table.mjs';

const DAY_MS = 86_400_000;
const MONTH_MS = 30 * DAY_MS;
const GROUP = 10_000;
const ANSWER = Buffer.alloc(209, 'y');
const [file, countText, pausedModel] = process.argv.slice(2);
const count = Number(countText);

await withStore(file, async (store) => {
  await store.jobs.submit(JOB, Buffer.alloc(250, 'x'));
  await store.snapshots.put('jobs', 'paused', [pausedModel]);
});
const { database, row, insert } = openJobsTable(file);
const now = Date.now();
const answered = {
  state: 'succeeded',
  attempts: 1,
  started_at_ms: now,
  ended_at_ms: now,
  remove_at_ms: now + MONTH_MS,
  answer_status: 200,
  answer_headers: '{}',
  answer_bytes: ANSWER.byteLength,
  answer: ANSWER,
};
const parked = { model: pausedModel, deadline_ms: now + MONTH_MS };
const delayed = { not_before_ms: now + DAY_MS, is_delayed: 1, deadline_ms: now + MONTH_MS };
const kinds = [answered, parked, answered, delayed];
for (let made = 0; made < count; ) {
  database.exec('begin immediate');
  for (const end = Math.min(count, made + GROUP); made < end; made++) {
    insert({ ...row, ...kinds[made % kinds.length], id: `stored-${String(made).padStart(12, '0')}` });
  }
  database.exec('commit');
}
database.prepare('delete from jobs where id = ?').run([JOB.id]);
database.close();
