import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** A process, as the system sees it. */
export interface ProcessState {
  /** Resident memory; on Linux without shared memory, such as that of bodies, which is the server's. */
  readonly rssBytes: number;
  /** Most that was resident since it began; on systems other than Linux what is resident now. */
  readonly peakRssBytes: number;
  /** A signal has stopped it (SIGSTOP): it does nothing until another lets it go on. Windows has no such signal. */
  readonly stopped: boolean;
}

/** States by pid; processes that are gone are missing. Linux: from /proc; other systems: by `ps` or its like. */
export async function readProcessStates(
  pids: readonly number[],
  platform: NodeJS.Platform = process.platform,
): Promise<ReadonlyMap<number, ProcessState>> {
  if (platform === 'linux') return readFromProc(pids);
  return platform === 'win32' ? readByPidusage(pids) : readByPs(pids);
}

async function readFromProc(pids: readonly number[]): Promise<ReadonlyMap<number, ProcessState>> {
  const states = new Map<number, ProcessState>();
  const read = async (pid: number) => {
    const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
    const residentKib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
    if (residentKib === undefined) return;
    const sharedKib = Number(/^RssShmem:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
    const peakKib = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? residentKib);
    const rssBytes = (Number(residentKib) - sharedKib) * 1024;
    const peakRssBytes = Math.max(rssBytes, (peakKib - sharedKib) * 1024);
    states.set(pid, { rssBytes, peakRssBytes, stopped: /^State:\s+T /m.test(status) });
  };
  await Promise.all(pids.map(read));
  return states;
}

async function readByPs(pids: readonly number[]): Promise<ReadonlyMap<number, ProcessState>> {
  // It fails when none of them runs.
  const args = ['-o', 'pid=,rss=,state=', '-p', pids.join(',')];
  const { stdout } = await promisify(execFile)('ps', args).catch(() => ({ stdout: '' }));
  return new Map(
    [...stdout.matchAll(/^\s*(\d+)\s+(\d+)\s+(\S)/gm)].map(([, pid, kib, state]) => [
      Number(pid),
      { rssBytes: Number(kib) * 1024, peakRssBytes: Number(kib) * 1024, stopped: state === 'T' },
    ]),
  );
}

async function readByPidusage(pids: readonly number[]): Promise<ReadonlyMap<number, ProcessState>> {
  const { default: pidusage } = await import('pidusage');
  const usages = await pidusage([...pids]).catch(() => ({}));
  return new Map(
    Object.entries(usages).flatMap(([pid, usage]) =>
      usage ? [[Number(pid), { rssBytes: usage.memory, peakRssBytes: usage.memory, stopped: false }]] : [],
    ),
  );
}
