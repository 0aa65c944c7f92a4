import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { listProc, readProc } from './proc.js';

/** What a process and its descendants have used so far. */
export interface TreeUsage {
  readonly processes: number;
  /** User + system time, of children that have already ended too. */
  readonly cpuMs: number;
}

export interface TreeMemory {
  readonly bytes: number;
  readonly kind: 'pss' | 'rss';
}

/** Linux reports times in USER_HZ, which is 100 on every architecture that Node runs on. */
const MS_PER_TICK = 10;

/** Linux with the children lists in /proc, which some kernels leave out. */
const HAS_PROC_TREE = existsSync('/proc/thread-self/children');

/** CPU time of a process tree: from /proc where it lists children, else from `ps`. All zero when the process is gone. */
export function treeUsage(pid: number): TreeUsage {
  if (!HAS_PROC_TREE) {
    const rows = subtree(psRows(), pid);
    return { processes: rows.length, cpuMs: rows.reduce((sum, row) => sum + row.cpuMs, 0) };
  }
  let processes = 0;
  let cpuMs = 0;
  for (const member of processTree(pid)) {
    const stat = readProc(`/proc/${member}/stat`);
    if (stat === undefined) continue;
    // Behind the name, which may hold anything: state is field 3, utime, stime, cutime and cstime are 14 to 17.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    processes++;
    for (let field = 11; field < 15; field++) cpuMs += Number(fields[field] ?? 0) * MS_PER_TICK;
  }
  return { processes, cpuMs };
}

/** User + system time of one process so far, without its children; undefined where the system does not tell. */
export function processCpuMs(pid: number): number | undefined {
  const stat = readProc(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

/** What a process's main thread has used so far, to the nanosecond. */
export interface MainThreadUsage {
  readonly cpuMs: number;
  /** Ready to run, while other threads had all cores. */
  readonly waitedMs: number;
}

/** undefined where the system does not tell. */
export function mainThreadUsage(pid: number): MainThreadUsage | undefined {
  const [cpuNs, waitedNs] = (readProc(`/proc/${pid}/schedstat`) ?? '').split(' ');
  return waitedNs === undefined ? undefined : { cpuMs: Number(cpuNs) / 1e6, waitedMs: Number(waitedNs) / 1e6 };
}

/** Context switches of all threads of a process tree so far, wanted and unwanted; 0 where the system does not tell. */
export function treeSwitches(pid: number): number {
  let switches = 0;
  for (const status of threadFiles(pid, 'status')) {
    for (const [, count] of status.matchAll(/^(?:non)?voluntary_ctxt_switches:\s+(\d+)$/gm)) switches += Number(count);
  }
  return switches;
}

/** A file of /proc of each thread of a process tree, such as `status`; none where the system has none. */
export function* threadFiles(pid: number, name: string): Generator<string> {
  for (const member of processTree(pid)) {
    for (const task of listProc(`/proc/${member}/task`)) {
      const text = readProc(`/proc/${member}/task/${task}/${name}`);
      if (text !== undefined) yield text;
    }
  }
}

/** Memory of a process tree: proportional set size where /proc has it, else the sum of resident sizes. */
export function treeMemory(pid: number): TreeMemory {
  if (!HAS_PROC_TREE) {
    return { bytes: subtree(psRows(), pid).reduce((sum, row) => sum + row.rssBytes, 0), kind: 'rss' };
  }
  let bytes = 0;
  for (const member of processTree(pid)) bytes += pssBytes(member) ?? 0;
  return { bytes, kind: 'pss' };
}

/** Proportional set size of one process, or undefined where the system does not tell. */
export function pssBytes(pid: number): number | undefined {
  const found = /^Pss:\s+(\d+) kB/m.exec(readProc(`/proc/${pid}/smaps_rollup`) ?? '');
  return found === null ? undefined : Number(found[1]) * 1024;
}

/** The process ids of a tree, the root first; only the root where /proc does not list children. */
export function processTree(pid: number): number[] {
  const members = [pid];
  for (const member of members) {
    for (const task of listProc(`/proc/${member}/task`)) {
      const children = readProc(`/proc/${member}/task/${task}/children`) ?? '';
      for (const child of children.split(' ')) if (child !== '') members.push(Number(child));
    }
  }
  return members;
}

export interface PsRow {
  readonly pid: number;
  readonly parentPid: number;
  readonly cpuMs: number;
  readonly rssBytes: number;
}

/** Lines of `ps -A -o pid=,ppid=,rss=,time=`; time is `[[dd-]hh:]mm:ss[.cc]`. */
export function parsePs(text: string): PsRow[] {
  const rows: PsRow[] = [];
  for (const line of text.split('\n')) {
    const [pid, parentPid, rss, time] = line.trim().split(/\s+/);
    if (time === undefined) continue;
    const seconds = time.split(/[-:]/).reverse();
    const weights = [1, 60, 3_600, 86_400];
    const cpuMs = seconds.reduce((sum, part, index) => sum + Number(part) * (weights[index] ?? 0) * 1000, 0);
    rows.push({ pid: Number(pid), parentPid: Number(parentPid), cpuMs, rssBytes: Number(rss) * 1024 });
  }
  return rows;
}

/** The rows of `root` and its descendants. */
export function subtree(rows: readonly PsRow[], root: number): PsRow[] {
  const members = rows.filter((row) => row.pid === root);
  for (const member of members) members.push(...rows.filter((row) => row.parentPid === member.pid && row.pid !== root));
  return members;
}

function psRows(): PsRow[] {
  try {
    return parsePs(execFileSync('ps', ['-A', '-o', 'pid=,ppid=,rss=,time='], { encoding: 'utf8' }));
  } catch {
    return [];
  }
}
