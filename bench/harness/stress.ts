import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { treeUsage } from '../../src/loadgen/index.js';
import { inRoot } from './paths.js';

/** Processes that keep half of each core busy. */
export interface Stress {
  /** Ends them; says how many there were and how many cores they took. */
  stop(): Promise<string>;
}

/** Starts a process for each core, at the nice level of this one, and binds it to its core where the system has `taskset`. */
export function startStress(): Stress {
  const isBound = hasTaskset();
  const cores = availableParallelism();
  const spinner = [process.execPath, inRoot('bench/controls/spin.mjs')];
  const children = Array.from({ length: cores }, (_, core) => {
    const [command = '', ...args] = isBound ? ['taskset', '--cpu-list', String(core), ...spinner] : spinner;
    return spawn(command, args, { stdio: 'ignore' });
  });
  const startedAt = performance.now();
  return {
    async stop() {
      const cpuMs = children.reduce((sum, { pid }) => sum + treeUsage(pid ?? 0).cpuMs, 0);
      const taken = cpuMs / (performance.now() - startedAt);
      await Promise.all(
        children.map(async (child) => {
          if (child.exitCode !== null || child.signalCode !== null) return;
          const exited = once(child, 'exit');
          child.kill('SIGKILL');
          await exited;
        }),
      );
      const bound = isBound ? 'one bound to each core' : 'not bound to cores';
      return `${cores} processes that spin 5 ms of each 10 ms, ${bound}; they took ${taken.toFixed(2)} cores`;
    },
  };
}

function hasTaskset(): boolean {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
