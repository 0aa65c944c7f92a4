import { mostSharedMemoryBytes } from '../../runtimes/index.js';
import { type Check, command, type Diagnosis } from '../diagnosis.js';

const MIB = 1_048_576;
const WHERE = 'the container';

/** How a container engine was told to run the server. The fixes are flags of `docker run`, which podman has as well. */
export const checkContainer: Check = ({ container, machine, runners }) => {
  if (container === undefined) return [];
  const { isRootReadOnly, sharedMemoryBytes, hasMemoryLimit, cpuQuota } = container;
  const neededBytes = mostSharedMemoryBytes(runners);
  const shared = `/dev/shm has ${mebibytes(sharedMemoryBytes)} MiB, and ${runners} runners use up to ${mebibytes(neededBytes)}`;
  return [
    ...(machine.uid === 0
      ? [finding('container-as-root', 'the server runs as root in its container', '--user 1000:1000')]
      : []),
    ...(sharedMemoryBytes < neededBytes
      ? [
          finding(
            'shared-memory-small',
            `${shared}: large requests go through pipes`,
            `--shm-size ${mebibytes(neededBytes)}m`,
          ),
        ]
      : []),
    ...(isRootReadOnly
      ? []
      : [finding('root-writable', "the container's root file system is writable", '--read-only --tmpfs /tmp')]),
    ...(hasMemoryLimit
      ? []
      : [
          finding(
            'memory-unlimited',
            "the container's memory is not limited; the defaults are shares of the machine's",
            '--memory 2g',
          ),
        ]),
    ...(cpuQuota !== undefined && cpuQuota < 1
      ? [
          finding(
            'cpu-quota-small',
            `the container may use ${cpuQuota} of a core: all its threads stop when that is used up, in the middle of requests`,
            '--cpus 1',
          ),
        ]
      : []),
  ];
};

function finding(id: string, what: string, flags: string): Diagnosis {
  // CI looks over settings in containers that are not those of the server.
  return { id, level: 'note', what, where: WHERE, fix: command(`docker run ${flags} …`) };
}

const mebibytes = (bytes: number) => Math.ceil(bytes / MIB);
