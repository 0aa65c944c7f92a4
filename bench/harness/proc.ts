import { readlinkSync } from 'node:fs';
import { listProc, readProc, threadFiles } from '../../src/loadgen/index.js';

/** `Pss_Anon` + `RssFile` of a process in bytes; undefined where the system does not tell. */
export function anonAndFileBytes(pid: number): number | undefined {
  return parseAnonAndFile(readProc(`/proc/${pid}/smaps_rollup`) ?? '', readProc(`/proc/${pid}/status`) ?? '');
}

/**
 * `Pss_Anon` of a `smaps_rollup` and `RssFile` of a `status`, in bytes: a process's own memory, and all file pages that it maps, shared ones in full.
 * undefined where one of both is missing.
 */
export function parseAnonAndFile(rollup: string, status: string): number | undefined {
  const anon = /^Pss_Anon:\s+(\d+) kB/m.exec(rollup)?.[1];
  const file = /^RssFile:\s+(\d+) kB/m.exec(status)?.[1];
  return anon === undefined || file === undefined ? undefined : (Number(anon) + Number(file)) * 1024;
}

/** Milliseconds that all threads of a process tree have run, to the nanosecond; 0 where the system does not tell. */
export function treeRunMs(pid: number): number {
  let runNs = 0;
  for (const schedstat of threadFiles(pid, 'schedstat')) runNs += Number(schedstat.split(' ')[0]);
  return runNs / 1e6;
}

/** A process of the machine, as far as the count needs it. */
export interface MachineProcess {
  readonly pid: number;
  readonly parentPid: number;
  /** Whether it runs Node.js. */
  readonly isNode: boolean;
}

/** Number of other Node.js processes, without this one's ancestors and descendants; undefined where the system has no /proc. */
export function countOtherNodes(): number | undefined {
  const pids = listProc('/proc').filter((name) => /^\d+$/.test(name));
  if (pids.length === 0) return undefined;
  return otherNodes(pids.map(Number).map(describe), process.pid).length;
}

/** The Node.js processes that are neither `own` nor its ancestors or descendants. */
export function otherNodes(processes: readonly MachineProcess[], own: number): readonly MachineProcess[] {
  const byPid = new Map(processes.map((one) => [one.pid, one]));
  const lineOf = (pid: number): number[] => {
    const parent = byPid.get(pid)?.parentPid;
    return parent === undefined || parent === 0 ? [pid] : [pid, ...lineOf(parent)];
  };
  const ancestors = lineOf(own);
  return processes.filter(({ pid, isNode }) => isNode && !ancestors.includes(pid) && !lineOf(pid).includes(own));
}

function describe(pid: number): MachineProcess {
  const parentPid = Number(/^PPid:\s+(\d+)/m.exec(readProc(`/proc/${pid}/status`) ?? '')?.[1] ?? 0);
  // What a process calls itself may be anything: npm and millrace set titles.
  return { pid, parentPid, isNode: /(^|\/)node(js)?( \(deleted\))?$/.test(programOf(pid)) };
}

function programOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    // The process belongs to another user, or has ended.
    return (readProc(`/proc/${pid}/cmdline`) ?? '').split('\0')[0] ?? '';
  }
}
