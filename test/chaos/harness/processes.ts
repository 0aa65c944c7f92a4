import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { processTree } from '../../../src/loadgen/process-tree.js';

export interface Runner {
  readonly pid: number;
  /** `mlp/3#0`. */
  readonly label: string;
}

const TITLE = /^millrace-runner ([^\s/]+\/\d+#\d+)/;
const HAS_PROC = existsSync('/proc/self/cmdline');

/** The runner processes of a server, as `ps` shows them. */
export function listRunners(serverPid: number): readonly Runner[] {
  const pids = HAS_PROC ? processTree(serverPid) : childrenByPs(serverPid);
  return pids.flatMap((pid) => {
    const label = runnerLabel(pid);
    return label === undefined ? [] : [{ pid, label }];
  });
}

/** What a process says that it runs; undefined when it is no runner, or gone. */
export function runnerLabel(pid: number): string | undefined {
  try {
    const command = HAS_PROC
      ? readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ')
      : execFileSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' });
    return TITLE.exec(command)?.[1];
  } catch {
    return undefined;
  }
}

/** Files, sockets and pipes that a process has open. */
export function countDescriptors(pid: number): number {
  if (HAS_PROC) return readdirSync(`/proc/${pid}/fd`).length;
  return execFileSync('lsof', ['-p', String(pid)], { encoding: 'utf8' })
    .trimEnd()
    .split('\n').length;
}

function childrenByPs(parentPid: number): readonly number[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trimEnd().split('\n');
  return rows
    .map((row) => row.trim().split(/\s+/).map(Number))
    .flatMap(([pid = 0, parent]) => (parent === parentPid ? [pid] : []));
}

/** Kills all runners of a server at once. */
export function killAllRunners(serverPid: number): void {
  for (const { pid } of listRunners(serverPid)) process.kill(pid, 'SIGKILL');
}
