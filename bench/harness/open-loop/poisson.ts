import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { LoadRequest } from '../../../src/loadgen/index.js';
import { encodeRequest } from '../../../src/loadgen/request.js';
import { parseTarget } from '../../../src/loadgen/target.js';
import { inRoot } from '../paths.js';

export interface PoissonResult {
  /** All of them, also those that do not count. */
  readonly sent: number;
  /** Those that count: due while it was measured. */
  readonly requests: number;
  /** Of them, those without an answer, or without a 200. */
  readonly errors: number;
  /** From when a request was due to the last byte of its answer. */
  readonly p50Us: number;
  readonly p95Us: number;
  readonly p99Us: number;
  /** From when a request was due until the generator sent it. */
  readonly lateP99Us: number;
  /** The most that were open at a time. */
  readonly connections: number;
  /** Of the generator itself. */
  readonly cpuMs: number;
  readonly wallMs: number;
}

export interface PoissonLoad {
  readonly requestsPerSecond: number;
  readonly seconds: number;
  /** Of the arrivals; the same, if not set, so that requests are due at the same times. */
  readonly seed?: number | undefined;
}

/** What is due while connections are new does not count. */
export const UNCOUNTED_SECONDS = 0.5;
const SEED = 1;

/** An open loop by `poisson.c`, which sleeps between arrivals. Throws where it cannot be compiled: it needs Linux and `cc`. */
export async function runPoisson(url: string, request: LoadRequest, load: PoissonLoad): Promise<PoissonResult> {
  program ??= compile();
  const target = parseTarget(url);
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-poisson-'));
  const file = path.join(folder, 'request');
  writeFileSync(file, encodeRequest(target, request));
  const figures = [load.requestsPerSecond, load.seconds, UNCOUNTED_SECONDS, load.seed ?? SEED].map(String);
  try {
    const { stdout } = await promisify(execFile)(program, [String(target.port), file, ...figures]);
    return JSON.parse(stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

let program: string | undefined;

function compile(): string {
  const folder = inRoot('.cache/bench-tools');
  mkdirSync(folder, { recursive: true });
  const compiled = path.join(folder, 'poisson');
  const source = inRoot('bench/harness/open-loop/poisson.c');
  try {
    execFileSync('cc', ['-O2', '-Wall', '-Wextra', '-Werror', '-o', compiled, source, '-lm'], { stdio: 'pipe' });
  } catch (error) {
    throw new Error('open loops from outside need Linux and a C compiler (cc)', { cause: error });
  }
  return compiled;
}
