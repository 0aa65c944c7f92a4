/** A route with the service and the engine behind it, without sockets and pipes: for those who measure shadows. */
import { compileSource } from '../../scripts/compile-source.mjs';

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
const { ByteBudget, Call, DeadlineWatch, EventBus, LazyTrace, SpareTime } = await import(
  await compileSource('core/index')
);

const spec = (name, width) => ({ name, datatype: 'FP32', shape: [-1, width], batchAxis: 0, optional: false });
const signature = { inputs: [spec('x', 16)], outputs: [spec('y', 10)] };
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
  prefetchBelowMs: 10,
  sequences: undefined,
  concurrency: 1,
  wantsContext: false,
};
const TIMING = { computeInputMs: 0.01, computeInferMs: 0.02, computeOutputMs: 0.01 };

const answersOf = ({ items }) =>
  items.map(({ callId }) => {
    const outputs = [{ name: 'y', datatype: 'FP32', shape: [1, 10], data: new Uint8Array(40) }];
    return { callId, outputs, final: true };
  });

/** `runs()` makes the one who calls back when a batch is done. */
function instanceOf(id, runs) {
  const run = runs();
  return {
    id,
    pid: 1,
    loadMs: 1,
    description: { signature, pure: true, concurrency: 1 },
    exited: new Promise(() => undefined),
    execute: (batch, emit) =>
      new Promise((resolve) => {
        run(batch.items.length, () => {
          emit(answersOf(batch));
          resolve(TIMING);
        });
      }),
    cancel: () => undefined,
    close: () => Promise.resolve(),
  };
}

function schedulerOf(ref, { clock, spareTime, runs }) {
  const events = new EventBus();
  const label = `${ref.name}/${ref.version}`;
  const slots = createSlots(1);
  const pool = new InstancePool({ ref, slots, clock, events, onChange: () => undefined });
  pool.adopt(0, instanceOf(label, runs));
  const rules = createShapeRules({ label, signature, maxBatchSize: 64, textOnly: false, inputs: [], outputs: [] });
  const holdings = new Holdings(new ByteBudget(label, 1e9), undefined);
  const statistics = new StatisticsCounter(ref);
  return new Scheduler({ ref, label, limits: LIMITS, rules, pool, holdings, statistics, clock, events, spareTime });
}

/** A service with a route `live` to one model, and a shadow if told so; `runs`: how instances run batches. */
export function serviceOf(shadow, { clock, runs }) {
  const names = ['m', 'next'];
  const infos = new Map(
    names.map((name, index) => {
      const ref = { name, version: 1, generation: index + 1 };
      return [name, { ref, signature, maxBatchSize: 64, decoupled: false, pure: true, placement: 'process' }];
    }),
  );
  const spareTime = new SpareTime(clock);
  const schedulers = new Map(
    [...infos.values()].map(({ ref }) => [ref.generation, schedulerOf(ref, { clock, spareTime, runs })]),
  );
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
  const shadows = new Shadows({ run, lookup, books, bodies: undefined, clock, deadlines, events, spareTime });
  taps.add(shadows);
  return { ...createInfer({ engine, clock, events, routes: table, taps, lookup, audit: NO_TRAIL }), shadows, books };
}

const principal = new AccessPolicy().principalOf({ kind: 'key', name: 'bench', grants: [{ role: 'admin' }] });
const NO_PARAMETERS = {};
const target = { name: 'live', version: undefined };

/** One request of the route; resolves with its call when it is answered. */
export async function ask({ resolve, infer }, clock) {
  const receivedAt = clock.now();
  const trace = new LazyTrace(undefined, { parentSpanId: undefined, sampled: false, state: undefined });
  const call = new Call({ requestId: 'r', principal, trace, deadlineAt: receivedAt + 60_000, receivedAt });
  const data = new Uint8Array(64);
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
  return call;
}

const compare = { absoluteTolerance: 1e-5, relativeTolerance: 1e-3, outputs: {} };
/** Copies of all requests to a second model. */
export const SHADOW = {
  model: 'next',
  share: 1,
  timeoutMs: 10_000,
  maxPending: 1_000,
  allowSideEffects: false,
  keepSamples: 0,
  compare,
};
