import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { installPerfAnalyzer } from '../../../test/conformance/harness/perf-analyzer.js';
import type { Sample } from '../sample.js';

export interface PerfAnalyzerPlan {
  /** Host and port. */
  readonly address: string;
  readonly protocol: 'http' | 'grpc';
  readonly model: string;
  readonly concurrency: number;
}

/** Shorter windows of a server that is still cold do not agree. */
const LEAST_WINDOW_MS = 1_000;

/** One run of NVIDIA's load generator: windows of `seconds` until three agree. */
export async function runPerfAnalyzer(plan: PerfAnalyzerPlan, seconds: number): Promise<Sample> {
  const { program, env } = installPerfAnalyzer();
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-perf-'));
  const csv = path.join(folder, 'report.csv');
  const windowMs = Math.max(LEAST_WINDOW_MS, Math.round(seconds * 1000));
  const windows = ['--measurement-interval', String(windowMs), '-s', '50', '-r', '10'];
  const target = ['-u', plan.address, '-i', plan.protocol, '-m', plan.model, '-b', '1'];
  const load = ['--concurrency-range', String(plan.concurrency), '-a'];
  try {
    await promisify(execFile)(program, [...target, ...load, ...windows, '-f', csv], { env });
    const [head = '', row = ''] = readFileSync(csv, 'utf8').trim().split('\n');
    const columns = head.split(',');
    const numberIn = (name: string): number => Number(row.split(',')[columns.indexOf(name)]);
    return {
      requestsPerSecond: numberIn('Inferences/Second'),
      p50Ms: numberIn('p50 latency') / 1000,
      p99Ms: numberIn('p99 latency') / 1000,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
