import type { InstanceConfig } from '../model-config.js';
import type { TritonInstanceGroup, TritonRateLimiter } from './config-types.js';

const KINDS: Readonly<Record<string, NonNullable<InstanceConfig['kind']>>> = {
  KIND_AUTO: 'auto',
  KIND_CPU: 'cpu',
  KIND_MODEL: 'auto',
  KIND_GPU: 'gpu',
};

/** Triton's instance groups as one: their counts add up, their kinds must agree. */
export function fromInstances(groups: readonly TritonInstanceGroup[]): {
  readonly config: InstanceConfig | undefined;
  readonly notices: readonly string[];
} {
  const active = groups.filter((group) => !group.passive);
  const notices = groups
    .filter((group) => group.passive)
    .map((group) => `instance_group '${group.name}' is passive and is not started`);
  const placed = active.some(
    ({ host_policy, secondary_devices }) => host_policy !== '' || secondary_devices.length > 0,
  );
  if (placed) notices.push('instance_group: host_policy and secondary_devices are not supported');
  const chosen = active.some(({ kind, gpus }) => kind === 'KIND_GPU' && gpus.length > 0);
  if (chosen) notices.push('instance_group.gpus is not supported; instances run on the first GPU');
  if (active.length === 0) return { config: undefined, notices };
  const kinds = new Set(active.map((group) => KINDS[group.kind] ?? 'auto'));
  if (kinds.size > 1) {
    throw new Error('instance_group: groups of different kinds are not supported; give all the same kind');
  }
  const count = active.reduce((sum, group) => sum + Math.max(1, group.count), 0);
  const [kind = 'auto'] = kinds;
  const limiters = active.map(({ rate_limiter }) => fromRateLimiter(rate_limiter));
  const [rateLimiter] = limiters;
  if (limiters.some((other) => JSON.stringify(other) !== JSON.stringify(rateLimiter))) {
    notices.push("instance_group: the first group's rate_limiter holds for all groups");
  }
  return { config: { count, kind, ...(rateLimiter === undefined ? {} : { rateLimiter }) }, notices };
}

/** A count or priority of 0 is protobuf's "not written" and means 1. */
function fromRateLimiter(limiter: TritonRateLimiter | undefined): InstanceConfig['rateLimiter'] {
  if (limiter === undefined) return undefined;
  const { resources, priority } = limiter;
  return {
    resources: resources.map(({ name, count, global }) => ({
      name,
      count: Math.max(1, count),
      ...(global ? { global } : {}),
    })),
    priority: Math.max(1, priority),
  };
}
