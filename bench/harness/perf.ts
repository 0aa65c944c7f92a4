import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/** Where a process was when Linux' `perf` looked. */
export interface PerfSample {
  readonly pid: number;
  /** The library, `node`, `kernel` or `compiled JavaScript`. */
  readonly object: string;
  /** The function in it; the object again where that has no names. */
  readonly symbol: string;
}

const SAMPLES_PER_SECOND = 999;
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

/** Looks where the processes are, kernel and C++ included, for so many seconds. */
export async function recordPerf(pids: readonly number[], seconds: number): Promise<PerfSample[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-perf-'));
  const file = path.join(folder, 'perf.data');
  const run = promisify(execFile);
  try {
    const rate = ['-F', String(SAMPLES_PER_SECOND)];
    await run('perf', ['record', '-q', ...rate, '-o', file, '-p', pids.join(), '--', 'sleep', String(seconds)]);
    const { stdout } = await run('perf', ['script', '-i', file, '-F', 'pid,ip,sym,dso'], {
      maxBuffer: MAX_OUTPUT_BYTES,
    });
    return parsePerf(stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Lines of `perf script -F pid,ip,sym,dso`: `PID ADDRESS SYMBOL (OBJECT)`. */
export function parsePerf(text: string): PerfSample[] {
  return text.split('\n').flatMap((line) => {
    const [, pid, symbol = '', file = ''] = /^\s*(\d+)\s+[0-9a-f]+\s+(.*) \((.*)\)$/.exec(line) ?? [];
    if (pid === undefined) return [];
    const object = objectOf(file);
    const named = object !== 'compiled JavaScript' && symbol !== '[unknown]';
    return [{ pid: Number(pid), object, symbol: named ? symbol : object }];
  });
}

function objectOf(file: string): string {
  if (file.startsWith('[kernel')) return 'kernel';
  const name = path.basename(file);
  // perf calls generated code after the file in which it would look for the names.
  return /^perf-\d+\.map$/.test(name) ? 'compiled JavaScript' : name;
}

/** Whether perf is installed and may look at processes of this user. */
export function canRecord(): boolean {
  try {
    execFileSync('perf', ['record', '-q', '-o', '/dev/null', '--', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
