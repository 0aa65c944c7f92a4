import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

export interface H2loadResult {
  readonly requests: number;
  readonly seconds: number;
}

/** The version line of h2load (Debian: `nghttp2-client`), or undefined when it is not installed. */
export function h2loadVersion(): string | undefined {
  try {
    return execFileSync('h2load', ['--version'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

export interface H2loadPlan {
  readonly path: string;
  /** With its gRPC prefix. */
  readonly frame: Uint8Array;
  readonly connections: number;
  /** Streams at a time on each connection. */
  readonly streams: number;
}

/** One closed-loop run of h2load with one thread. It looks at HTTP statuses only: verify an answer before. */
export async function runH2load(url: string, plan: H2loadPlan, seconds: number): Promise<H2loadResult> {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-h2load-'));
  const body = path.join(folder, 'body');
  writeFileSync(body, plan.frame);
  const args = ['-t1', `-c${plan.connections}`, `-m${plan.streams}`, `--duration=${Math.max(1, Math.round(seconds))}`];
  const headers = ['-H', 'content-type: application/grpc', '-H', 'te: trailers'];
  try {
    const { stdout } = await promisify(execFile)('h2load', [...args, ...headers, '-d', body, `${url}${plan.path}`]);
    const finished = /^finished in ([\d.]+)(m?s), ([\d.]+) req\/s/m.exec(stdout);
    const failed = /(\d+) failed, (\d+) errored, (\d+) timeout/.exec(stdout);
    if (finished === null || failed === null) throw new Error(`h2load printed no result:\n${stdout}`);
    if (failed.slice(1).some((count) => Number(count) > 0)) throw new Error(`h2load: ${failed[0]}`);
    const elapsed = Number(finished[1]) * (finished[2] === 'ms' ? 0.001 : 1);
    return { requests: Number(finished[3]) * elapsed, seconds: elapsed };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
