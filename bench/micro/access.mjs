/**
 * What a check of rights costs, in process, by how many bindings there are: CPU time of a check of a name that was asked for before, of names that
 * nobody has asked for, and of making the rights of a principal anew. The best of five runs. Needs `npm run build`.
 * Usage: node bench/micro/access.mjs
 */
import { cpuUs } from './cpu-time.mjs';

const { AccessPolicy } = await import('../../dist/governance/index.js');

const COUNTS = [1, 10, 1_000];
const RUNS = 5;
const CHECKS = 2_000_000;
const NEW_NAMES = 20_000;
const PRINCIPALS = 2_000;

const cpuNs = (count, work) => {
  const startedAt = cpuUs();
  work();
  return ((cpuUs() - startedAt) * 1_000) / count;
};
const best = (measure) => Math.min(...Array.from({ length: RUNS }, measure));

for (const count of COUNTS) {
  // Most are of others: what a principal does not have costs it nothing.
  const bindings = Array.from({ length: count }, (_, index) => ({
    principal: `key:team-${index}`,
    role: 'caller',
    models: [`team-${index}-*`, 'shared'],
    place: `binding ${index}`,
  }));
  const policy = new AccessPolicy({ bindings });
  const { rights } = policy.principalOf({ kind: 'key', name: 'team-0' });
  const known = best(() =>
    cpuNs(CHECKS, () => {
      for (let index = 0; index < CHECKS; index++) rights.allow('model.infer', 'team-0-fraud');
    }),
  );
  let next = 0;
  const unknown = best(() =>
    cpuNs(NEW_NAMES, () => {
      for (let index = 0; index < NEW_NAMES; index++) rights.allow('model.infer', `stranger-${next++}`);
    }),
  );
  const made = best(() =>
    cpuNs(PRINCIPALS, () => {
      for (let index = 0; index < PRINCIPALS; index++) {
        policy.principalOf({ kind: 'key', name: `team-${index % count}` }).rights.allow('model.infer', 'shared');
      }
    }),
  );
  const show = (ns) => `${ns.toFixed(0)} ns`.padStart(10);
  console.log(
    `${String(count).padStart(6)} bindings: seen before ${show(known)}, new name ${show(unknown)}, new principal ${show(made)}`,
  );
}
