import { readFile } from 'node:fs/promises';

/** Resident memory in bytes by pid; processes that are gone are missing. Linux: from /proc; elsewhere by `ps` or its like. */
export async function readRss(
  pids: readonly number[],
  platform: NodeJS.Platform = process.platform,
): Promise<ReadonlyMap<number, number>> {
  return platform === 'linux' ? readRssFromProc(pids) : readRssByCommand(pids);
}

async function readRssFromProc(pids: readonly number[]): Promise<ReadonlyMap<number, number>> {
  const sizes = new Map<number, number>();
  const read = async (pid: number) => {
    const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
    if (kib !== undefined) sizes.set(pid, Number(kib) * 1024);
  };
  await Promise.all(pids.map(read));
  return sizes;
}

async function readRssByCommand(pids: readonly number[]): Promise<ReadonlyMap<number, number>> {
  const { default: pidusage } = await import('pidusage');
  const usages = await pidusage([...pids]).catch(() => ({}));
  return new Map(Object.entries(usages).flatMap(([pid, usage]) => (usage ? [[Number(pid), usage.memory]] : [])));
}
