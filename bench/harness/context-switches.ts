import { readdirSync, readFileSync } from 'node:fs';
import { processTree } from '../../src/loadgen/index.js';

const COUNT = /^(?:non)?voluntary_ctxt_switches:\s+(\d+)$/gm;

/** Context switches of all threads of a process tree so far, wanted and unwanted; 0 where the system does not tell. */
export function contextSwitches(pid: number): number {
  let switches = 0;
  for (const member of processTree(pid)) {
    for (const task of tasksOf(member)) switches += switchesOf(`/proc/${member}/task/${task}/status`);
  }
  return switches;
}

function tasksOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** A thread may have ended since it was listed. */
function switchesOf(file: string): number {
  try {
    let switches = 0;
    for (const [, count] of readFileSync(file, 'utf8').matchAll(COUNT)) switches += Number(count);
    return switches;
  } catch {
    return 0;
  }
}
