/**
 * How long the event loop is held while 1,000 routes are declared together, each with a condition in CEL, and while one of them is changed;
 * CPU time, the best of five runs. Usage: node bench/micro/declare-routes.mjs
 */
import { compileSource } from '../../scripts/compile-source.mjs';
import { cpuUs } from './cpu-time.mjs';

const { Declared } = await import(await compileSource('service/declarations/declared'));
const { DeclaredRoutes } = await import(await compileSource('service/routes/declared-routes'));
const { RouteTable } = await import(await compileSource('service/routes/route-table'));
const { AccessPolicy } = await import(await compileSource('governance/access/policy'));
const { readRoutes } = await import(await compileSource('config/read-routes'));
const { systemClock: clock } = await import(await compileSource('core/clock'));

const RUNS = 5;
const MANY = 1_000;

const versions = [1, 2].map((version) => ({
  ref: { name: 'fraud', version, generation: version },
  signature: { inputs: [], outputs: [] },
}));
const engine = {
  serving: () => versions,
  statusesOf: (name) => (name === 'fraud' ? [{ version: 1 }, { version: 2 }] : []),
};
const lookup = { engine, labels: { of: () => new Map() }, starting: () => false };
const events = { publish: () => undefined };
const by = new AccessPolicy().principalOf({ kind: 'key', name: 'bench', grants: [{ role: 'admin' }] });

/** Where changes are kept at once: what the store takes, it takes in a thread of its own. */
function createStore() {
  const revisions = new Map();
  const change = async (changes) =>
    changes.map(({ kind, name, value }) => {
      revisions.set(name, (revisions.get(name) ?? 0) + 1);
      return { kind, name, value, revision: revisions.get(name), changedAtMs: 0, changedBy: 'bench' };
    });
  return { declarations: { current: async () => [], change } };
}

const cpuMs = () => cpuUs() / 1_000;

async function longestHold(work) {
  let isOver = false;
  let longestMs = 0;
  let turnAt = cpuMs();
  const watch = () => {
    const now = cpuMs();
    longestMs = Math.max(longestMs, now - turnAt);
    turnAt = now;
    if (!isOver) setImmediate(watch);
  };
  setImmediate(watch);
  const startedAt = cpuMs();
  await work();
  const totalMs = cpuMs() - startedAt;
  await new Promise(setImmediate);
  isOver = true;
  return { longestMs, totalMs };
}

const routeOf = (index, weight = 5) => ({
  arms: [
    { model: 'fraud', version: 1, weight: 95 },
    { model: 'fraud', version: 2, weight },
  ],
  sticky: { header: 'x-user-id' },
  rules: [{ when: `headers['x-tier'] == 'gold-${index}'`, arm: '2' }],
});

const best = {};
for (let run = 0; run < RUNS; run++) {
  const declared = new Declared({ store: createStore(), clock, events });
  const table = new RouteTable({ lookup, clock, events });
  const fileRoutes = { routes: [], placeOf: () => '', read: readRoutes };
  const routes = new DeclaredRoutes({
    declared,
    table,
    fileRoutes,
    clock,
    events,
    lookup,
    modelNames: () => ['fraud'],
  });
  const all = new Map(Array.from({ length: MANY }, (_, index) => [`live-${index}`, routeOf(index)]));
  const cases = {
    [`${MANY} routes together`]: () => routes.change({ routes: all }, { by }),
    [`one of ${MANY}`]: () => routes.change({ routes: new Map([['live-7', routeOf(7, run + 6)]]) }, { by }),
    [`${MANY} that are as they were`]: () =>
      routes.change({ routes: new Map([...all, ['live-7', routeOf(7, run + 6)]]) }, { by }),
  };
  for (const [name, work] of Object.entries(cases)) {
    const measured = await longestHold(work);
    if (measured.longestMs < (best[name]?.longestMs ?? Number.POSITIVE_INFINITY)) best[name] = measured;
  }
}
for (const [name, { longestMs, totalMs }] of Object.entries(best)) {
  console.log(`${name.padEnd(40)} held for ${longestMs.toFixed(1)} ms at most, ${totalMs.toFixed(1)} ms in all`);
}
