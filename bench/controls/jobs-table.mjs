// The table of jobs in a store of this build, for what measures its statements without a server.
import Database from 'libsql';
import { openStore } from '../../dist/store/index.js';

const MAX_STORE_BYTES = 2 ** 40;
const CLOCK = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  setTimer: () => ({ clear() {} }),
  defer: setImmediate,
  sleep: () => Promise.resolve(),
};

/** A job as `bench -- --jobs` submits it. */
export const JOB = {
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

/** Opens the store, which is made where there is none, for the use alone. */
export async function withStore(file, use) {
  const store = openStore({ path: file, maxSizeBytes: MAX_STORE_BYTES }, CLOCK);
  await use(store);
  await store.close();
}

/** The table of a store that nobody has open, with durable changes; `row`: its first job, `insert` adds one like it. */
export function openJobsTable(file) {
  const database = new Database(file);
  database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma secure_delete = on');
  const row = database.prepare('select * from jobs').get();
  const columns = Object.keys(row).filter((name) => name !== 'number' && name !== '_metadata');
  const statement = database.prepare(
    `insert into jobs (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`,
  );
  return { database, row, insert: (job) => statement.run(columns.map((name) => job[name])) };
}
