import type { InstanceConfig } from '../model-config.js';
import type { TritonInstanceGroup } from './config-types.js';

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
  const limited = groups.some((group) => group.rate_limiter !== undefined);
  if (limited) notices.push('instance_group.rate_limiter is not supported; instances run as soon as they are free');
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
  return { config: { count, kind }, notices };
}
