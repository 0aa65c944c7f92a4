// Control: the statements of jobs alone, in process, in transactions of 64, in a store of this build.
// Usage: node jobs-sql.mjs submit|life MILLISECONDS. `submit` inserts jobs; `life` also starts each and ends it with an answer.
// Prints {"jobs","wallMs","cpuMs"}.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'libsql';
import { openStore } from '../../dist/store/index.js';

const GROUP = 64;
const [mode, millisecondsText] = process.argv.slice(2);
const milliseconds = Number(millisecondsText);
const folder = mkdtempSync(path.join(tmpdir(), 'millrace-jobs-sql-'));
const file = path.join(folder, 'store.db');
const clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  setTimer: () => ({ clear() {} }),
  defer: setImmediate,
};
const BODY = Buffer.alloc(250, 'x');
const ANSWER = Buffer.alloc(209, 'y');
const JOB = {
  id: 'first',
  model: 'm',
  owner: 'anonymous',
  principal: 'anonymous',
  identity: '{"kind":"anonymous","name":"anonymous","ownerId":"anonymous","groups":[]}',
  priority: 'background',
  dialect: 'oip',
  request: { method: 'POST', url: '/v2/models/m/infer', headers: { 'content-type': 'application/json' } },
  createdAtMs: Date.now(),
  notBeforeMs: Date.now(),
  deadlineMs: Date.now() + 86_400_000,
  keepMs: 86_400_000,
};

const store = openStore({ path: file, maxSizeBytes: 1 << 30 }, { ...clock, sleep: () => Promise.resolve() });
await store.jobs.submit(JOB, BODY);
await store.close();
const database = new Database(file);
database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma secure_delete = on');
const row = database.prepare('select * from jobs').get();
const columns = Object.keys(row).filter((name) => name !== 'number' && name !== '_metadata');
const insert = database.prepare(
  `insert into jobs (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`,
);
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
  within((id) => insert.run(columns.map((name) => (name === 'id' ? id : row[name]))));
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
