// Control: the statements of jobs alone, in process, in transactions of 64, in a store of this build.
// Usage: node jobs-sql.mjs submit|life MILLISECONDS. `submit` inserts jobs; `life` also starts each and ends it with an answer.
// Prints {"jobs","wallMs","cpuMs"}.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { JOB, openJobsTable, withStore } from './jobs-table.mjs';

const GROUP = 64;
const [mode, millisecondsText] = process.argv.slice(2);
const milliseconds = Number(millisecondsText);
const folder = mkdtempSync(path.join(tmpdir(), 'millrace-jobs-sql-'));
const file = path.join(folder, 'store.db');
const BODY = Buffer.alloc(250, 'x');
const ANSWER = Buffer.alloc(209, 'y');

await withStore(file, (store) => store.jobs.submit(JOB, BODY));
const { database, row, insert } = openJobsTable(file);
const start = database.prepare(
  "update jobs set state = 'running', attempts = attempts + 1, started_at_ms = ? where id = ?",
);
const end = database.prepare(
  "update jobs set state = 'succeeded', ended_at_ms = ?, remove_at_ms = ?, answer_status = 200, answer_headers = '{}', answer_bytes = ?, answer = ? where id = ?",
);
let made = 0;

function group() {
  const now = Date.now();
  const ids = Array.from({ length: GROUP }, () => `job-${String(made++).padStart(12, '0')}`);
  const within = (work) => {
    database.exec('begin immediate');
    for (const id of ids) work(id);
    database.exec('commit');
  };
  within((id) => insert({ ...row, id }));
  if (mode !== 'life') return;
  within((id) => start.run([now, id]));
  within((id) => end.run([now, now + 86_400_000, ANSWER.byteLength, ANSWER, id]));
}

for (let warm = 0; warm < 20; warm++) group();
const usage = process.cpuUsage();
const startedAt = performance.now();
const before = made;
while (performance.now() - startedAt < milliseconds) group();
const wallMs = performance.now() - startedAt;
const used = process.cpuUsage(usage);
database.close();
rmSync(folder, { recursive: true });
console.log(JSON.stringify({ jobs: made - before, wallMs, cpuMs: (used.user + used.system) / 1000 }));
