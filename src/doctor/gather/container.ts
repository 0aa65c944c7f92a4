import { readFile, statfs } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { availableMemoryBytes } from '../../config/index.js';
import { cpuQuota } from '../../runtimes/index.js';
import type { ContainerFacts } from '../facts.js';

const SHARED_MEMORY = '/dev/shm';
/** File systems of layers: container engines and kubelets make roots of containers by them. */
const LAYERED = /^(?:overlay|fuse\.fuse-overlayfs|aufs)$/;
const ENGINE_FILES = ['/.dockerenv', '/run/.containerenv'];

/** The container that this process runs in; undefined = in none. */
export async function gatherContainer(): Promise<ContainerFacts | undefined> {
  const root = rootMount(await readFile('/proc/self/mountinfo', 'utf8').catch(() => ''));
  if (root === undefined || !(root.isLayered || (await hasEngineFile()))) return undefined;
  const shared = await statfs(SHARED_MEMORY).catch(() => undefined);
  return {
    isRootReadOnly: root.isReadOnly,
    sharedMemoryBytes: shared === undefined ? 0 : shared.blocks * shared.bsize,
    hasMemoryLimit: availableMemoryBytes() < totalmem(),
    cpuQuota: cpuQuota(),
  };
}

/** The last mount on `/` in the text of /proc/self/mountinfo (proc_pid_mountinfo(5)): what is seen there. */
export function rootMount(
  mountinfo: string,
): { readonly isLayered: boolean; readonly isReadOnly: boolean } | undefined {
  const mounts = mountinfo.matchAll(/^\d+ \d+ \S+ \S+ \/ (?<options>\S+)(?: \S+)* - (?<type>\S+) /gm);
  const { options, type = '' } = [...mounts].at(-1)?.groups ?? {};
  if (options === undefined) return undefined;
  return { isLayered: LAYERED.test(type), isReadOnly: options.split(',').includes('ro') };
}

async function hasEngineFile(): Promise<boolean> {
  const found = await Promise.all(
    ENGINE_FILES.map((file) =>
      readFile(file).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}
