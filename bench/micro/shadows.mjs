/**
 * CPU time of a request of a route on the event loop, without sockets and pipes: with no shadow, and with a copy of each; the best of nine runs of
 * 30,000. Usage: node bench/micro/shadows.mjs
 */
import { compileSource } from '../../scripts/compile-source.mjs';
import { cpuUs } from './cpu-time.mjs';

const { NO_TRAIL } = await import(await compileSource('audit/index'));
const { AccessPolicy } = await import(await compileSource('governance/access/policy'));
const { createInfer } = await import(await compileSource('service/infer'));
const { createRun } = await import(await compileSource('service/run'));
const { Shadows } = await import(await compileSource('service/shadows/shadows'));
const { ShadowBooks } = await import(await compileSource('service/shadows/shadow-books'));
const { RouteTable } = await import(await compileSource('service/routes/route-table'));
const { RouteTaps } = await import(await compileSource('service/routes/route-taps'));
const { createRoutes } = await import(await compileSource('routing/index'));
const { Scheduler } = await import(await compileSource('engine/scheduler'));
const { Holdings } = await import(await compileSource('engine/holdings'));
const { createSlots, InstancePool } = await import(await compileSource('engine/instance-pool'));
const { createShapeRules } = await import(await compileSource('engine/shape-rules'));
const { StatisticsCounter } = await import(await compileSource('engine/statistics'));
const { ByteBudget, Call, DeadlineWatch, EventBus, LazyTrace, systemClock } = await import(
  await compileSource('core/index')
);

const REQUESTS = 30_000;
const RUNS = 9;
/** Requests that come with one turn of the loop. */
const AT_A_TIME = 4;

const spec = (name, width) => ({ name, datatype: 'FP32', shape: [-1, width], batchAxis: 0, optional: false });
const signature = { inputs: [spec('x', 16)], outputs: [spec('y', 10)] };
const clock = systemClock;
const POLICY = { maxRequests: 5_000, timeoutMs: 0, timeoutAction: 'reject', allowTimeoutOverride: true };
const LIMITS = {
  batching: { batching: true, maxRows: 64, preferredSizes: [], maxDelayMs: 0 },
  policies: [POLICY],
  defaultLevel: 1,
  costUnit: 'bytes',
  affinity: false,
  executionTimeoutMs: 60_000,
  preserveOrder: false,
  pure: true,
  decoupled: false,
  prefetchBelowMs: 0,
  sequences: undefined,
  concurrency: 1,
  wantsContext: false,
};
const TIMING = { computeInputMs: 0.01, computeInferMs: 0.02, computeOutputMs: 0.01 };

/** Answers each batch in the next turn of the loop. */
function instanceOf(id) {
  const outputs = () => [{ name: 'y', datatype: 'FP32', shape: [1, 10], data: new Uint8Array(40) }];
  return {
    id,
    pid: 1,
    loadMs: 1,
    description: { signature, pure: true, concurrency: 1 },
    exited: new Promise(() => undefined),
    execute: (batch, emit) =>
      new Promise((resolve) => {
        clock.defer(() => {
          emit(batch.items.map(({ callId }) => ({ callId, outputs: outputs(), final: true })));
          resolve(TIMING);
        });
      }),
    cancel: () => undefined,
    close: () => Promise.resolve(),
  };
}

function schedulerOf(ref) {
  const events = new EventBus();
  const label = `${ref.name}/${ref.version}`;
  const slots = createSlots(1);
  const pool = new InstancePool({ ref, slots, clock, events, onChange: () => undefined });
  pool.adopt(0, instanceOf(label));
  const rules = createShapeRules({ label, signature, maxBatchSize: 64, textOnly: false, inputs: [], outputs: [] });
  const holdings = new Holdings(new ByteBudget(label, 1e9), undefined);
  const statistics = new StatisticsCounter(ref);
  return new Scheduler({ ref, label, limits: LIMITS, rules, pool, holdings, statistics, clock, events });
}

function serviceOf(shadow) {
  const names = ['m', 'next'];
  const infos = new Map(
    names.map((name, index) => {
      const ref = { name, version: 1, generation: index + 1 };
      return [name, { ref, signature, maxBatchSize: 64, decoupled: false, pure: true, placement: 'process' }];
    }),
  );
  const schedulers = new Map([...infos.values()].map(({ ref }) => [ref.generation, schedulerOf(ref)]));
  const served = new Map([...infos].map(([name, info]) => [name, [info]]));
  const engine = {
    serving: (name) => served.get(name) ?? [],
    statusesOf: () => [],
    submit: (ref, submission) => schedulers.get(ref.generation).submit(submission),
  };
  const events = new EventBus();
  const labels = new Map();
  const lookup = { engine, labels: { of: () => labels }, starting: () => false };
  const { routes, problems } = createRoutes({
    live: { arms: [{ model: 'm', weight: 1 }], rules: [], fallback: [], ...(shadow ? { shadow } : {}) },
  });
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  const table = new RouteTable({ lookup, clock, events });
  table.replace('file', routes);
  const taps = new RouteTaps();
  const snapshots = { get: async () => undefined, put: async () => undefined, remove: async () => undefined };
  const books = new ShadowBooks({ snapshots, clock, events });
  const deadlines = new DeadlineWatch(clock);
  const run = createRun({ engine, clock });
  const shadows = new Shadows({ run, lookup, books, bodies: undefined, clock, deadlines, events });
  taps.add(shadows);
  return { ...createInfer({ engine, clock, events, routes: table, taps, lookup, audit: NO_TRAIL }), shadows };
}

const principal = new AccessPolicy().principalOf({ kind: 'key', name: 'bench', grants: [{ role: 'admin' }] });
const data = new Uint8Array(64);
const NO_PARAMETERS = {};
const target = { name: 'live', version: undefined };

async function once({ resolve, infer }) {
  const receivedAt = clock.now();
  const trace = new LazyTrace(undefined, { parentSpanId: undefined, sampled: false, state: undefined });
  const call = new Call({ requestId: 'r', principal, trace, deadlineAt: receivedAt + 60_000, receivedAt });
  await infer(call, resolve(call, target), {
    id: '',
    inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 16], data }],
    outputs: undefined,
    parameters: NO_PARAMETERS,
    priority: 0,
    queueTimeoutMs: undefined,
    sequence: undefined,
  });
  call.end();
}

async function drive(service) {
  const startedAt = cpuUs();
  for (let sent = 0; sent < REQUESTS; sent += AT_A_TIME) {
    await Promise.all(Array.from({ length: AT_A_TIME }, () => once(service)));
  }
  while (service.traffic.shadows.pendingOf('live') > 0) await clock.sleep(1);
  return (cpuUs() - startedAt) / REQUESTS;
}

const compare = { absoluteTolerance: 1e-5, relativeTolerance: 1e-3, outputs: {} };
const shadow = {
  model: 'next',
  share: 1,
  timeoutMs: 10_000,
  maxPending: 1_000,
  allowSideEffects: false,
  keepSamples: 0,
  compare,
};
const services = { 'no shadow': serviceOf(undefined), 'a copy of each': serviceOf(shadow) };
const best = new Map();
for (let run = 0; run < RUNS; run++) {
  for (const [name, service] of Object.entries(services)) {
    best.set(name, Math.min(best.get(name) ?? Number.POSITIVE_INFINITY, await drive(service)));
  }
}
for (const [name, us] of best) console.log(`${name.padEnd(16)} ${us.toFixed(1)} µs`);
