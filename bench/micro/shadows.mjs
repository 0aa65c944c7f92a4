/**
 * CPU time of a request of a route on the event loop, without sockets and pipes: with no shadow, and with a copy of each; the best of nine runs of
 * 30,000. Usage: node bench/micro/shadows.mjs
 */
import { compileSource } from '../../scripts/compile-source.mjs';
import { cpuUs } from './cpu-time.mjs';
import { ask, SHADOW, serviceOf } from './shadowed-service.mjs';

const { systemClock: clock } = await import(await compileSource('core/index'));

const REQUESTS = 30_000;
const RUNS = 9;
/** Requests that come with one turn of the loop. */
const AT_A_TIME = 4;

async function drive(service) {
  const startedAt = cpuUs();
  for (let sent = 0; sent < REQUESTS; sent += AT_A_TIME) {
    await Promise.all(Array.from({ length: AT_A_TIME }, () => ask(service, clock)));
  }
  while (service.shadows.pendingOf('live') > 0) await clock.sleep(1);
  return (cpuUs() - startedAt) / REQUESTS;
}

/** Answers each batch in the next turn of the loop. */
const runs = () => (_, done) => clock.defer(done);
const services = {
  'no shadow': serviceOf(undefined, { clock, runs }),
  'a copy of each': serviceOf(SHADOW, { clock, runs }),
};
const best = new Map();
for (let run = 0; run < RUNS; run++) {
  for (const [name, service] of Object.entries(services)) {
    best.set(name, Math.min(best.get(name) ?? Number.POSITIVE_INFINITY, await drive(service)));
  }
}
for (const [name, us] of best) console.log(`${name.padEnd(16)} ${us.toFixed(1)} µs`);
