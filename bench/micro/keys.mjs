/**
 * What API keys of the store cost, in process, by how many there are: reading them at the start, the longest that this holds up the event loop, and CPU
 * time of looking up keys that have been seen before and that have not; beside them a static key. The best of five runs. Needs `npm run build`.
 * Usage: node bench/micro/keys.mjs
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { cpuUs } from './cpu-time.mjs';

const { AccessPolicy, createAuthenticator, newKey, StoredKeys } = await import('../../dist/governance/index.js');
const { EventBus, systemClock } = await import('../../dist/core/index.js');
const { openStore } = await import('../../dist/store/index.js');

const COUNTS = [10, 1_000, 100_000];
const RUNS = 5;
const LOOKED_UP = 200_000;
const NEW = 5_000;
const PEER = { address: '127.0.0.1', isLocal: () => true };
const policy = new AccessPolicy();

const cpuUsEach = (count, work) => {
  const startedAt = cpuUs();
  work();
  return (cpuUs() - startedAt) / count;
};

/** An authenticator that has the source before its static keys. */
const authenticatorWith = (keys, sources) =>
  createAuthenticator(
    { keys, allowAnonymous: false, anonymousScopes: [], maxFailedKeysPerMinute: 0 },
    { explicitControl: false, clock: systemClock, policy, sources },
  );

const lookUp = (authenticate, key) =>
  cpuUsEach(LOOKED_UP, () => {
    const header = `Bearer ${key}`;
    for (let count = 0; count < LOOKED_UP; count++) authenticate(header, PEER);
  });

for (const count of COUNTS) {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-keys-'));
  const store = openStore({ path: path.join(folder, 'store.db'), maxSizeBytes: 2 ** 30 }, systemClock);
  const made = Array.from({ length: count }, (_, index) =>
    newKey(
      { name: `key-${index}`, owner: 'team', grants: [{ role: 'caller', models: ['fraud*'] }] },
      { principal: 'bench', atMs: Date.now() },
    ),
  );
  for (let from = 0; from < count; from += 500) {
    await Promise.all(made.slice(from, from + 500).map(({ record }) => store.keys.create(record)));
  }
  const best = { startMs: Infinity, heldUpMs: Infinity, known: Infinity, fresh: Infinity };
  for (let run = 0; run < RUNS; run++) {
    const stored = new StoredKeys({
      records: store.keys,
      policy,
      clock: systemClock,
      events: new EventBus(),
      isTaken: () => false,
    });
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const before = performance.now();
    await stored.load();
    best.startMs = Math.min(best.startMs, performance.now() - before);
    delay.disable();
    best.heldUpMs = Math.min(best.heldUpMs, delay.max / 1e6);
    const { authenticate } = authenticatorWith([], [stored]);
    const some = made.slice(0, NEW);
    best.fresh = Math.min(
      best.fresh,
      cpuUsEach(some.length, () => {
        for (const { key } of some) authenticate(`Bearer ${key}`, PEER);
      }),
    );
    best.known = Math.min(best.known, lookUp(authenticate, made[0].key));
    await stored.close();
  }
  await store.close();
  await rm(folder, { recursive: true });
  console.log(
    `${count} keys: read in ${best.startMs.toFixed(0)} ms, longest turn ${best.heldUpMs.toFixed(1)} ms; ` +
      `known ${best.known.toFixed(2)} µs, first time ${best.fresh.toFixed(2)} µs`,
  );
}

const text = 'static-key-0123456789';
const { authenticate } = authenticatorWith([{ name: 'app', key: text, scopes: ['infer'] }], []);
let known = Infinity;
for (let run = 0; run < RUNS; run++) known = Math.min(known, lookUp(authenticate, text));
console.log(`static key: known ${known.toFixed(2)} µs`);
