/**
 * Time of one choice of an arm, in process: by chance, by key, with a condition in CEL before it, with 1,000 routes, and with 32 arms; the
 * best of nine runs of a million. Usage: node bench/micro/routes.mjs
 */
import { compileSource } from '../../scripts/compile-source.mjs';

const { RouteTable } = await import(await compileSource('service/routes/route-table'));
const { createRoutes } = await import(await compileSource('routing/route'));
const { Call } = await import(await compileSource('core/call'));

const CHOICES = 1_000_000;
const RUNS = 9;

const versions = Array.from({ length: 32 }, (_, index) => ({
  ref: { name: 'fraud', version: index + 1, generation: index + 1 },
  signature: { inputs: [], outputs: [] },
  decoupled: false,
}));
const lookup = {
  engine: { serving: () => versions, statusesOf: () => [] },
  labels: { of: () => new Map() },
  starting: () => false,
};
const clock = { now: () => performance.now() };
const events = { publish: () => undefined };

function tableOf(configs) {
  const complete = Object.entries(configs).map(([name, config]) => [name, { rules: [], fallback: [], ...config }]);
  const { routes, problems } = createRoutes(Object.fromEntries(complete));
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  const table = new RouteTable({ lookup, clock, events });
  table.replace('file', routes);
  return table;
}

const arms = (count) =>
  Array.from({ length: count }, (_, index) => ({ model: 'fraud', version: index + 1, weight: index === 0 ? 95 : 5 }));
const sticky = { header: 'x-user-id' };
const rules = [{ when: "headers['x-tier'] == 'gold'", arm: '2' }];
const missing = [{ when: "headers['x-beta'] == '1'", arm: '2' }];
const many = Object.fromEntries(
  Array.from({ length: 1_000 }, (_, index) => [`live-${index}`, { arms: arms(2), sticky }]),
);

const principal = { name: 'anonymous', scopes: new Set() };
const calls = Array.from({ length: 1_024 }, (_, index) => {
  const metadata = { 'x-user-id': `user-${index}`, 'x-tier': 'silver' };
  return new Call({ requestId: 'r', principal, trace: undefined, deadlineAt: Infinity, receivedAt: 0, metadata });
});

const cases = {
  'by chance, 2 arms': tableOf({ 'live-7': { arms: arms(2) } }),
  'by key, 2 arms': tableOf({ 'live-7': { arms: arms(2), sticky } }),
  'by key, one condition before': tableOf({ 'live-7': { arms: arms(2), sticky, rules } }),
  'by key, a condition on what is missing': tableOf({ 'live-7': { arms: arms(2), sticky, rules: missing } }),
  'by key, 1,000 routes': tableOf(many),
  'by key, 32 arms': tableOf({ 'live-7': { arms: arms(32), sticky } }),
};

const target = { name: 'live-7', version: undefined };
for (const [name, table] of Object.entries(cases)) {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run++) {
    const startedAt = performance.now();
    for (let index = 0; index < CHOICES; index++) table.choose(table.find(target), calls[index & 1_023], undefined);
    best = Math.min(best, performance.now() - startedAt);
  }
  console.log(`${name.padEnd(40)} ${((best * 1_000) / CHOICES).toFixed(2)} µs`);
}
