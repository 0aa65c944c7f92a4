import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { applyLoad, type LoadPlan, type WarmUp, warmUp } from './load.js';
import type { BenchModel } from './models.js';
import { inRoot } from './paths.js';
import type { Rows } from './requests.js';
import type { Contestant } from './row.js';
import type { Sample } from './sample.js';
import type { RunningServer } from './server-process.js';
import { verifyAnswer } from './verify.js';

export interface ServedOptions {
  readonly name: string;
  readonly peer?: boolean;
  readonly start: () => Promise<RunningServer>;
  readonly plan: LoadPlan;
  /** What the first answer has to hold; it is compared before anything is measured. */
  readonly expected?: () => Promise<readonly number[]>;
  /** What comes before it is measured, in place of the usual warm-up. */
  readonly warmUp?: WarmUp;
  /** Adds what else there is to say about the server after each load. */
  readonly inspect?: (server: RunningServer) => Sample;
}

/** A server under load. */
export function served(options: ServedOptions): Contestant {
  const { name, peer = false, start, plan, expected, inspect } = options;
  return {
    name,
    peer,
    async open(settings) {
      const server = await start();
      const { generator } = settings;
      const drive = (seconds: number): Promise<Sample> => applyLoad(server, plan, { seconds, generator });
      return {
        async warmUp() {
          if (expected !== undefined) await verifyAnswer(server.url, plan.request, await expected());
          await warmUp(drive, settings, options.warmUp);
        },
        async measure() {
          return { ...(await drive(settings.seconds)), ...inspect?.(server) };
        },
        close: () => server.stop(),
      };
    },
  };
}

export interface OnnxRun {
  readonly rows: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly outputs: readonly number[];
}

/** Control B: onnxruntime alone on these rows, in a process of its own. */
export async function runOnnx(model: BenchModel, rows: Rows, milliseconds: number): Promise<OnnxRun> {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-onnx-'));
  const input = path.join(folder, 'input.f32');
  writeFileSync(input, rows.bytes);
  try {
    const args = [inRoot('bench/controls/onnx.mjs'), model.file, input, String(rows.count), String(milliseconds)];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    return JSON.parse(stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function rawOnnx(name: string, model: BenchModel, rows: Rows): Contestant {
  return {
    name,
    peer: false,
    async open(settings) {
      return {
        async warmUp() {},
        async measure() {
          const run = await runOnnx(model, rows, settings.seconds * 1000);
          return {
            rowsPerSecond: (run.rows * 1000) / run.wallMs,
            rowsPerCpuSecond: (run.rows * 1000) / run.cpuMs,
            cores: run.cpuMs / run.wallMs,
          };
        },
        async close() {},
      };
    },
  };
}
