/**
 * How long requests wait in the queue of a model for the event loop, with no shadow and with a copy of each, at 7,000 requests a second as a Poisson
 * process: the service and the engine are real, time is simulated (`simulated-loop.mjs`), so that it may be measured on a machine that does other
 * things. Medians of five runs of 20,000. Not seen: threads and processes that share processors, and collections of garbage.
 * Usage: node bench/micro/shadow-waits.mjs
 */
import { ask, SHADOW, serviceOf } from './shadowed-service.mjs';
import { SimulatedLoop } from './simulated-loop.mjs';

const REQUESTS = 20_000;
const RUNS = 5;
const PER_SECOND = 7_000;
/** What a request takes of the loop beside service and engine: socket, JSON, pipe. */
const SPENT_MS = { arrival: 0.036, answer: 0.024, frame: 0.012, row: 0.001 };
/** What a batch takes of its runner, and the way there and back. */
const RUNNER_MS = { batch: 0.06, row: 0.01, way: 0.02 };

const loop = new SimulatedLoop();

/** A runner does one batch after the other. */
function runs() {
  let freeAt = 0;
  return (rows, done) => {
    const frameMs = SPENT_MS.frame + SPENT_MS.row * rows;
    loop.spend(frameMs);
    freeAt = Math.max(loop.now() + RUNNER_MS.way, freeAt) + RUNNER_MS.batch + RUNNER_MS.row * rows;
    loop.at(freeAt + RUNNER_MS.way, () => {
      loop.spend(frameMs);
      done();
    });
  };
}

/** The same numbers in [0, 1) for each run. */
function uniforms() {
  let state = 42;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

async function drive(service) {
  const waitsMs = [];
  const random = uniforms();
  const startedAt = loop.now();
  loop.busyMs = 0;
  let at = startedAt;
  let sent = 0;
  const arrive = async () => {
    sent++;
    at -= (Math.log(1 - random()) / PER_SECOND) * 1_000;
    if (sent < REQUESTS) loop.at(at, arrive);
    loop.spend(SPENT_MS.arrival);
    const { timing } = await ask(service, loop.clock);
    loop.spend(SPENT_MS.answer);
    waitsMs.push(timing.dequeuedAt - timing.enqueuedAt);
  };
  loop.at(at, arrive);
  await loop.run(() => waitsMs.length === REQUESTS);
  const busy = loop.busyMs / (loop.now() - startedAt);
  await loop.run(() => service.shadows.pendingOf('live') === 0);
  waitsMs.sort((a, b) => a - b);
  const us = (share) => waitsMs[Math.floor(share * REQUESTS)] * 1_000;
  return { p50: us(0.5), p90: us(0.9), p99: us(0.99), p999: us(0.999), busy };
}

const parts = { clock: loop.clock, runs };
const services = { 'no shadow': serviceOf(undefined, parts), 'a copy of each': serviceOf(SHADOW, parts) };
const results = new Map(Object.keys(services).map((name) => [name, []]));
// The first is not counted: V8 has not compiled everything yet.
for (let run = 0; run <= RUNS; run++) {
  for (const [name, service] of Object.entries(services)) {
    const result = await drive(service);
    if (run > 0) results.get(name).push(result);
  }
}
for (const [name, all] of results) {
  const median = (key) => all.map((result) => result[key]).sort((a, b) => a - b)[RUNS >> 1];
  const waits = ['p50', 'p90', 'p99', 'p999'].map((key) => `${key} ${median(key).toFixed(0)}`).join(', ');
  const { copied = 0, dropped = {} } = services[name].books.find('live') ?? {};
  const left = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  const copies = copied === 0 ? '' : `, ${((100 * left) / (copied + left)).toFixed(1)} % not copied`;
  console.log(`${name.padEnd(16)} waits, µs: ${waits}; loop busy ${(100 * median('busy')).toFixed(0)} %${copies}`);
}
