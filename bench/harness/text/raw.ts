import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { inRoot } from '../paths.js';
import type { BenchSettings, Contestant } from '../row.js';
import { quantileOf, type Sample } from '../sample.js';
import type { TextIds } from './texts.js';

/** How ONNX Runtime is asked alone. */
export interface RawPlan {
  readonly name: string;
  readonly modelFile: (settings: BenchSettings) => string;
  readonly batches: (settings: BenchSettings) => Promise<readonly (readonly TextIds[])[]>;
  readonly processes: number;
  /** Of each process. */
  readonly threads: number;
}

/** What one process did. */
interface Pass {
  readonly texts: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly runMs: readonly number[];
}

/** ONNX Runtime alone with token ids that are ready, in processes that stay; each sample runs every text once. */
export function rawTexts({ name, modelFile, batches, processes, threads }: RawPlan): Contestant {
  return {
    name,
    peer: false,
    async open(settings) {
      const all = await batches(settings);
      const workers: RawWorker[] = [];
      const close = async () => {
        await Promise.all(workers.map((worker) => worker.stop()));
      };
      try {
        for (let place = 0; place < processes; place++) {
          const dealt = all.filter((_, index) => index % processes === place);
          workers.push(await RawWorker.start(modelFile(settings), dealt, threads));
        }
      } catch (error) {
        await close();
        throw error;
      }
      const measure = async () => sampleOf(await Promise.all(workers.map((worker) => worker.pass())));
      return {
        async warmUp() {
          await measure();
        },
        measure,
        close,
      };
    },
  };
}

/** The output of a single text. */
export async function rawOutput(modelFile: string, text: TextIds): Promise<readonly number[]> {
  const worker = await RawWorker.start(modelFile, [[text]], 1);
  await worker.stop();
  return worker.outputs;
}

function sampleOf(passes: readonly Pass[]): Sample {
  const sum = (of: (pass: Pass) => number) => passes.reduce((total, pass) => total + of(pass), 0);
  const runMs = passes.flatMap((pass) => pass.runMs);
  // The time of a batch is that of an answer only where it has one text.
  const isSingle = runMs.length === sum(({ texts }) => texts);
  return {
    // The first to end does not wait for the last.
    rowsPerSecond: sum(({ texts, wallMs }) => (texts * 1000) / wallMs),
    rowsPerCpuSecond: (sum(({ texts }) => texts) * 1000) / sum(({ cpuMs }) => cpuMs),
    cores: sum(({ cpuMs, wallMs }) => cpuMs / wallMs),
    ...(isSingle ? { p50Ms: quantileOf(runMs, 0.5), p99Ms: quantileOf(runMs, 0.99) } : {}),
  };
}

/** A process of `controls/texts.mjs`. */
class RawWorker {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #folder: string;
  /** Of its first text. */
  outputs: readonly number[] = [];

  private constructor(child: ChildProcess, lines: Interface, folder: string) {
    this.#child = child;
    this.#lines = lines[Symbol.asyncIterator]();
    this.#folder = folder;
  }

  static async start(modelFile: string, batches: readonly (readonly TextIds[])[], threads: number): Promise<RawWorker> {
    const folder = mkdtempSync(path.join(tmpdir(), 'millrace-texts-'));
    const file = path.join(folder, 'batches.json');
    writeFileSync(file, JSON.stringify(batches));
    const args = [inRoot('bench/controls/texts.mjs'), modelFile, file, String(threads)];
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const worker = new RawWorker(child, createInterface({ input: child.stdout }), folder);
    try {
      worker.outputs = (await worker.#read<{ readonly outputs: readonly number[] }>()).outputs;
    } catch (error) {
      await worker.stop();
      throw error;
    }
    return worker;
  }

  async pass(): Promise<Pass> {
    this.#child.stdin?.write('pass\n');
    return this.#read<Pass>();
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = once(this.#child, 'exit');
      this.#child.kill();
      await exited;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #read<T>(): Promise<T> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('ONNX Runtime alone ended');
    return JSON.parse(value);
  }
}
