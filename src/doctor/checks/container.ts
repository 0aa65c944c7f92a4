import { mostSharedMemoryBytes } from '../../runtimes/index.js';
import { type Check, command, type Diagnosis } from '../diagnosis.js';

const MIB = 1_048_576;

/** How a container engine was told to run the server. The fixes are flags of `docker run`, which podman has as well. */
export const checkContainer: Check = ({ container, machine, runners }) => {
  if (container === undefined) return [];
  const { isRootReadOnly, sharedMemoryBytes, hasMemoryLimit, cpuQuota } = container;
  const neededBytes = mostSharedMemoryBytes(runners);
  const found: Diagnosis[] = [];
  const note = (id: string, what: string, flags: string) =>
    // CI runs the doctor in containers other than the server's: they must not fail it.
    found.push({ id, level: 'note', what, where: 'the container', fix: command(`docker run ${flags} …`) });
  if (machine.uid === 0) note('container-as-root', 'the server runs as root in its container', '--user 1000:1000');
  if (sharedMemoryBytes < neededBytes) {
    const needed = mebibytes(neededBytes);
    const what = `/dev/shm has ${mebibytes(sharedMemoryBytes)} MiB, and ${runners} runners use up to ${needed}: large requests go through pipes`;
    note('shared-memory-small', what, `--shm-size ${needed}m`);
  }
  if (!isRootReadOnly) {
    note('root-writable', "the container's root file system is writable", '--read-only --tmpfs /tmp');
  }
  if (!hasMemoryLimit) {
    const what = "the container's memory is not limited; the defaults are shares of the machine's";
    note('memory-unlimited', what, '--memory 2g');
  }
  if (cpuQuota !== undefined && cpuQuota < 1) {
    const what = `the container may use ${cpuQuota} of a core: all its threads stop when that is used up, in the middle of requests`;
    note('cpu-quota-small', what, '--cpus 1');
  }
  return found;
};

const mebibytes = (bytes: number) => Math.ceil(bytes / MIB);
