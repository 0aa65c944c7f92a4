/**
 * What it costs a request to count against quotas, of 1 caller and of 10,000 that take turns, and to say in its answer what is left:
 * `npm run build`, then `node bench/micro/quotas.mjs`.
 */
import { LocalQuotaKeeper } from '../../dist/governance/index.js';
import { compileSource } from '../../scripts/compile-source.mjs';
import { bestOf, VARIANTS } from './best-of.mjs';

const { quotaHeaders } = await import(await compileSource('server/quota-headers'));

const QUOTAS = [
  { name: 'each', principal: '*', requestsPerSecond: 1e9, concurrent: 1_000 },
  { name: 'words', principal: 'key:*', tokensPerMinute: 1e15, tokensPerDay: 1e15 },
  { name: 'team', group: 'team-*', model: 'llm*', bytesPerDay: 1e15 },
];
const AMOUNTS = { requests: 1, running: 1, rows: 1, tokens: 300, bytes: 2_000, computeMs: 0 };
const USED = { requests: 1, rows: 1, tokens: 120, bytes: 2_400, computeMs: 12 };
const clock = { now: () => performance.now(), wallNow: () => Date.now() };

/** A request of each of so many callers in turn: reserved, settled, and told of in the answer. */
function requestsOf(count) {
  const keeper = new LocalQuotaKeeper(QUOTAS, clock);
  const callers = Array.from({ length: count }, (_, index) => ({
    id: `key:caller-${index}`,
    groups: [`team-${index % 100}`],
  }));
  let next = 0;
  return () => {
    const reserved = keeper.reserve(callers[next], 'llm', AMOUNTS);
    next = (next + 1) % count;
    reserved.standings();
    reserved.settle(USED);
  };
}

const COUNTS = [1, 100, 10_000];
const costs = bestOf(COUNTS.map(requestsOf), 1_000);
for (const [index, count] of COUNTS.entries()) {
  console.log(`${String(count).padStart(6)} callers: ${costs[index].toFixed(2)} µs a request`);
}

/** Of so many limits, of all of which there is something else left each time. */
function answersOf(count) {
  const standings = Array.from({ length: VARIANTS }, (_, variant) =>
    Array.from({ length: count }, (_, index) => ({
      policy: `quota-${index}/requestsPerSecond`,
      unit: 'requests',
      limit: 10_000,
      windowMs: 1_000,
      remaining: 5_000 + variant,
      resetMs: 200,
    })),
  );
  // Written out, as it would be to a socket.
  return (variant) => Buffer.byteLength(quotaHeaders(standings[variant]).join());
}

const LIMITS = [1, 3, 16];
const answers = bestOf(LIMITS.map(answersOf));
for (const [index, count] of LIMITS.entries()) {
  console.log(`${String(count).padStart(6)} limits: ${answers[index].toFixed(2)} µs an answer`);
}
