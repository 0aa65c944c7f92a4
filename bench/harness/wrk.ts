import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { LoadRequest } from '../../src/loadgen/index.js';
import { inRoot } from './paths.js';

export interface WrkResult {
  /** Those answered with a 2xx or 3xx. */
  readonly accepted: number;
  readonly durationUs: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly errors: number;
}

/** The version line of wrk (Debian and Homebrew: `wrk`), or undefined when it is not installed. */
export function wrkVersion(): string | undefined {
  try {
    // `wrk -v` prints its version and its usage, and fails.
    execFileSync('wrk', ['-v'], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    const output = error instanceof Error && 'stdout' in error ? String(error.stdout) : '';
    return /^wrk .*$/m.exec(output)?.[0];
  }
}

/** One closed-loop run of wrk with one thread, which is more than any server here can take. */
export async function runWrk(
  url: string,
  request: LoadRequest,
  load: { readonly connections: number; readonly seconds: number },
): Promise<WrkResult> {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-wrk-'));
  const body = path.join(folder, 'body');
  writeFileSync(body, request.body);
  const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}\n`);
  const args = ['-t1', `-c${load.connections}`, `-d${load.seconds}s`, '--timeout', '30s'];
  try {
    const { stdout } = await promisify(execFile)(
      'wrk',
      [...args, '-s', inRoot('bench/harness/post.lua'), `${url}${request.path}`],
      { env: { ...process.env, BENCH_BODY: body, BENCH_HEADERS: headers.join('') } },
    );
    const line = /^JSON (.*)$/m.exec(stdout)?.[1];
    if (line === undefined) throw new Error(`wrk printed no result:\n${stdout}`);
    return JSON.parse(line);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
