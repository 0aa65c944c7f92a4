import { expect, it } from 'vitest';
import { factsWith, found } from '../../../test/support/doctor-facts.js';
import { checkContainer } from './container.js';

const MIB = 1_048_576;
const GOOD = { isRootReadOnly: true, sharedMemoryBytes: 512 * MIB, hasMemoryLimit: true, cpuQuota: 1 };

it('a server outside of containers, or in a restricted one, is fine', () => {
  expect(found(checkContainer, {})).toEqual([]);
  expect(found(checkContainer, { container: GOOD })).toEqual([]);
  expect(found(checkContainer, { container: { ...GOOD, cpuQuota: undefined } })).toEqual([]);
});

it('a container with the defaults of its engine, as root, is reported', () => {
  const { machine } = factsWith();
  const container = { isRootReadOnly: false, sharedMemoryBytes: 64 * MIB, hasMemoryLimit: false, cpuQuota: 0.5 };
  expect(found(checkContainer, { container, machine: { ...machine, uid: 0 }, runners: 3 })).toEqual([
    'note container-as-root the container: the server runs as root in its container → docker run --user 1000:1000 …',
    'note shared-memory-small the container: /dev/shm has 64 MiB, and 3 runners use up to 352: large requests go through pipes → docker run --shm-size 352m …',
    "note root-writable the container: the container's root file system is writable → docker run --read-only --tmpfs /tmp …",
    "note memory-unlimited the container: the container's memory is not limited; the defaults are shares of the machine's → docker run --memory 2g …",
    'note cpu-quota-small the container: the container may use 0.5 of a core: all its threads stop when that is used up, in the middle of requests → docker run --cpus 1 …',
  ]);
});
