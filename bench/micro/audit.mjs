/**
 * What the audit trail costs: inferences a second through the thread into the files, what one costs the event loop and the process; and
 * what a change waits for, one behind the other and many at once. Usage: npm run build && node bench/micro/audit.mjs [folder]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Value } from '@sinclair/typebox/value';
import { cpuUs } from './cpu-time.mjs';

const dist = path.resolve(import.meta.dirname, '../../dist');
const [{ AuditOptionsSchema, openTrail }, { Call, EventBus, NO_RIGHTS, systemClock }] = await Promise.all(
  ['audit', 'core'].map((room) => import(`${dist}/${room}/index.js`)),
);

const [, , parent = tmpdir()] = process.argv;
const folder = await mkdtemp(path.join(parent, 'millrace-bench-'));
const given = { enabled: true, inferences: 'metadata', whenBehind: 'refuse', folder: path.join(folder, 'audit') };
const setup = {
  options: Value.Default(AuditOptionsSchema, given),
  clock: systemClock,
  version: '0',
  hasCredentials: true,
};
let trail = openTrail({ ...setup, events: new EventBus() });

const principal = { name: 'bench', id: 'key:bench', groups: ['team'], rights: NO_RIGHTS };
const from = { remoteAddress: '10.0.0.17', transport: 'http' };
const trace = { traceId: '0af7651916cd43dd8448eb211c80319c' };
let count = 0;
const call = () => {
  return new Call({ requestId: `id-${count++}`, principal, trace, from, deadlineAt: 0, receivedAt: 0 });
};
const row = (name, value, unit) => console.log(`${name.padEnd(52)} ${value.padStart(10)} ${unit}`);

function isBehind() {
  try {
    trail.checkInference('mlp');
    return false;
  } catch {
    return true;
  }
}

const TOTAL = 200_000;
const AT_ONCE = 500;
const ref = { name: 'mlp', version: 3, generation: 1 };
const calls = Array.from({ length: AT_ONCE }, call);
const before = { at: performance.now(), cpuUs: cpuUs() };
let onLoop = 0;
for (let done = 0; done < TOTAL; done += AT_ONCE) {
  const start = performance.now();
  for (const one of calls) {
    trail.infer({
      call: one,
      target: { name: 'mlp' },
      request: undefined,
      ref,
      error: undefined,
      answered: true,
      rows: 1,
    });
  }
  onLoop += performance.now() - start;
  // As the requests of a server come: some in each turn of the loop, and none while the files are far behind.
  await new Promise(setImmediate);
  while (isBehind()) await new Promise((resolve) => setTimeout(resolve, 1));
}
await trail.close();
const seconds = (performance.now() - before.at) / 1_000;
const usedUs = cpuUs() - before.cpuUs;
row('inferences recorded', (TOTAL / seconds).toFixed(0), '/s');
row('an inference, on the event loop', ((onLoop * 1_000) / TOTAL).toFixed(2), 'µs');
row('an inference, CPU of the process', (usedUs / TOTAL).toFixed(2), 'µs');

trail = openTrail({ ...setup, events: new EventBus() });
async function changes(total, atOnce) {
  const times = [];
  const lane = async () => {
    while (times.length < total) {
      const start = performance.now();
      const intent = await trail.begin(call(), { action: 'model.load', resource: 'mlp' });
      times.push(performance.now() - start);
      trail.end(intent, { outcome: 'ok' });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return times.sort((a, b) => a - b);
}

const alone = await changes(300, 1);
row('a change waits, one behind the other, median', alone[150].toFixed(2), 'ms');
row('a change waits, one behind the other, 99 of 100', alone[297].toFixed(2), 'ms');
const many = await changes(2_000, 64);
row('a change waits, 64 at once, median', many[1_000].toFixed(2), 'ms');

await trail.close();
const { verifyTrail } = await import(`${dist}/audit/index.js`);
const { faults, chains } = await verifyTrail({ folder: given.folder });
row(
  'inferences and entries that verify',
  `${chains[0].inferences}, ${chains[0].entries + chains[1].entries}`,
  faults.length === 0 ? 'and no fault' : 'FAULTS',
);
await rm(folder, { recursive: true });
