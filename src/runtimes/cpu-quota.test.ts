import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { availableThreads, cpuQuota } from './cpu-quota.js';

const quotaWith = (files: Readonly<Record<string, string>>) => cpuQuota((file) => files[file]);
const V1 = '/sys/fs/cgroup/cpu,cpuacct';

describe('cpuQuota', () => {
  it('reads cgroup v2, in a container and in a group of the machine', () => {
    const inContainer = { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '150000 100000\n' };
    expect(quotaWith(inContainer)).toBe(1.5);
    const inUnit = {
      '/proc/self/cgroup': '0::/system.slice/millrace.service\n',
      '/sys/fs/cgroup/system.slice/millrace.service/cpu.max': '400000 100000\n',
    };
    expect(quotaWith(inUnit)).toBe(4);
  });

  it('takes the least of the groups above', () => {
    const files = {
      '/proc/self/cgroup': '0::/kubepods/pod/one\n',
      '/sys/fs/cgroup/kubepods/pod/one/cpu.max': 'max 100000\n',
      '/sys/fs/cgroup/kubepods/pod/cpu.max': '200000 100000\n',
      '/sys/fs/cgroup/kubepods/cpu.max': '700000 100000\n',
    };
    expect(quotaWith(files)).toBe(2);
  });

  it('reads cgroup v1, in a group of the machine and in a container that sees the path of the host', () => {
    const files = { '/proc/self/cgroup': '4:memory:/m\n1:cpu,cpuacct:/docker/5f0e\n0::/docker/5f0e\n' };
    const quota = (folder: string) => ({
      [`${folder}/cpu.cfs_quota_us`]: '50000\n',
      [`${folder}/cpu.cfs_period_us`]: '100000\n',
    });
    expect(quotaWith({ ...files, ...quota(`${V1}/docker/5f0e`) })).toBe(0.5);
    expect(quotaWith({ ...files, ...quota(V1) })).toBe(0.5);
  });

  it.each([
    ['there are no control groups', {}],
    ['cgroup v2 has no limit', { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': 'max 100000\n' }],
    [
      'cgroup v1 has no limit',
      {
        '/proc/self/cgroup': '1:cpu,cpuacct:/\n',
        [`${V1}/cpu.cfs_quota_us`]: '-1\n',
        [`${V1}/cpu.cfs_period_us`]: '100000\n',
      },
    ],
    ['the controller is that of CPU sets', { '/proc/self/cgroup': '3:cpuset:/\n' }],
    ['the file is not of that form', { '/proc/self/cgroup': 'cpu\n', '/sys/fs/cgroup/cpu.max': '1 1' }],
  ])('is unknown where %s', (_case, files: Readonly<Record<string, string>>) => {
    expect(quotaWith(files)).toBeUndefined();
  });
});

it('availableThreads is at least one, and no more than the cores that the process may use', () => {
  expect(availableThreads()).toBeGreaterThanOrEqual(1);
  expect(availableThreads()).toBeLessThanOrEqual(availableParallelism());
});
