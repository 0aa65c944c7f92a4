import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';

const MOUNT = '/sys/fs/cgroup';

/** Reads a file of the system; undefined where it cannot be read. */
export type ReadSystemFile = (file: string) => string | undefined;

/** Threads that can run at a time: cores of the affinity mask, within the CPU quota of the control group, at least one. */
export function availableThreads(): number {
  // libuv honours the quota from Node 22 on, but not that of a container whose cgroup v1 path the host has named.
  return Math.min(availableParallelism(), Math.max(1, Math.floor(cpuQuota() ?? Number.POSITIVE_INFINITY)));
}

/**
 * Cores' worth of CPU time that this process may use, by the control groups (v1 and v2) that it is in, which may be a fraction;
 * undefined = no quota, or not Linux. See cpu.max in cgroup-v2.rst and cpu.cfs_quota_us in sched-bwc.rst of Linux.
 */
export function cpuQuota(read: ReadSystemFile = readSystemFile): number | undefined {
  const groups = (read('/proc/self/cgroup') ?? '').split('\n');
  const quotas = groups.flatMap((line) => {
    const [, controllers, group = '/'] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === undefined) return [];
    if (controllers === '') return foldersOf(MOUNT, group).flatMap((folder) => quotaV2(folder, read));
    if (!controllers.split(',').includes('cpu')) return [];
    return foldersOf(path.posix.join(MOUNT, controllers), group).flatMap((folder) => quotaV1(folder, read));
  });
  return quotas.length === 0 ? undefined : Math.min(...quotas);
}

/** The group's folder and those above it, to the mount: in a container that is the group itself, whatever the host calls it. */
function foldersOf(mount: string, group: string): readonly string[] {
  const names = group.split('/').filter((name) => name !== '');
  return names.map((_name, index) => path.posix.join(mount, ...names.slice(0, index + 1))).concat(mount);
}

function quotaV2(folder: string, read: ReadSystemFile): readonly number[] {
  const [, quota, period] = /^(\d+) (\d+)/.exec(read(`${folder}/cpu.max`) ?? '') ?? [];
  return ratio(quota, period);
}

function quotaV1(folder: string, read: ReadSystemFile): readonly number[] {
  return ratio(read(`${folder}/cpu.cfs_quota_us`), read(`${folder}/cpu.cfs_period_us`));
}

function ratio(quota: string | undefined, period: string | undefined): readonly number[] {
  const cores = Number(quota) / Number(period);
  // v1 says -1 where there is none.
  return cores > 0 && Number.isFinite(cores) ? [cores] : [];
}

function readSystemFile(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
