import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { ratioBar } from '../harness/bars.js';
import { type BenchModel, MODELS, writeRepository } from '../harness/models.js';
import { inRoot } from '../harness/paths.js';
import { interleavedRow } from '../harness/rounds.js';
import type { Contestant, Row } from '../harness/row.js';
import type { Sample } from '../harness/sample.js';
import { installPython, pythonOf } from '../peers/python.js';

const run = promisify(execFile);
const ENVIRONMENT = 'batch';

/** Rows of a file through a model, and how the script beside it is called. */
interface BatchWork {
  readonly format: 'parquet' | 'jsonl';
  readonly model: BenchModel;
  readonly rows: number;
  /** Rows of a request, and of a run of the script. */
  readonly batchRows: number;
  readonly python: string;
}

const LISTS: BatchWork = {
  format: 'parquet',
  model: MODELS.mlp784,
  rows: 100_000,
  batchRows: 1_024,
  python: 'pyarrow',
};
const NUMBERS: BatchWork = { format: 'jsonl', model: MODELS.mlp16, rows: 1_000_000, batchRows: 256, python: 'python' };

/** Files of rows beside scripts in Python that do the same; CPU of all processes, from start to end. */
export function batchRows(): Row[] {
  return [
    interleavedRow({
      id: 'batch-parquet',
      title: 'millrace batch run --local: 100,000 rows of one list of 784 floats, Parquet to Parquet',
      contestants: [batch(LISTS), script(LISTS)],
      bars: [ratioBar({ metric: 'cpuUsPerRequest', who: 'pyarrow', against: 'millrace batch', atLeast: 0.5 })],
    }),
    interleavedRow({
      id: 'batch-jsonl',
      title: 'millrace batch run --local: 1,000,000 rows of 16 numbers, JSONL to JSONL',
      contestants: [batch(NUMBERS), script(NUMBERS)],
      bars: [ratioBar({ metric: 'cpuUsPerRequest', who: 'python', against: 'millrace batch', atLeast: 0.7 })],
    }),
  ];
}

function batch(work: BatchWork): Contestant {
  const { format, model, batchRows: rows } = work;
  return contestant('millrace batch', work, (folder, input) => {
    const repository = writeRepository([{ name: 'm', model, yaml: [`maxBatchSize: ${rows}`] }]);
    const output = path.join(folder, `millrace.${format}`);
    const target = ['batch', 'run', path.join(repository, 'm'), '--local', '--restart'];
    return {
      command: [process.execPath, inRoot('dist/cli/main.js'), ...target, '--input', input, '--output', output],
      remove: () => rmSync(repository, { recursive: true, force: true }),
    };
  });
}

function script(work: BatchWork): Contestant {
  const { format, model, batchRows: rows, python } = work;
  return contestant(python, work, (folder, input) => {
    const output = path.join(folder, `python.${format}`);
    const file = inRoot('bench/peers/batch', `${format}.py`);
    return {
      command: [pythonOf(ENVIRONMENT), file, model.file, input, output, model.input, model.output, String(rows)],
      remove: () => undefined,
    };
  });
}

interface Prepared {
  readonly command: readonly string[];
  readonly remove: () => void;
}

function contestant(
  name: string,
  { format, model, rows }: BatchWork,
  prepare: (folder: string, input: string) => Prepared,
): Contestant {
  return {
    name,
    peer: false,
    async open({ say }) {
      installPython({ name: ENVIRONMENT, interpreters: ['python3'] }, say);
      const folder = mkdtempSync(path.join(tmpdir(), 'millrace-bench-batch-'));
      const input = path.join(folder, `rows.${format}`);
      const make = [inRoot('bench/peers/batch/make_rows.py'), format, input, model.input, String(rows)];
      await run(pythonOf(ENVIRONMENT), [...make, String(model.rowShape[0])]);
      const { command, remove } = prepare(folder, input);
      const measure = () => measured(command, rows);
      return {
        // The file is in the page cache by then.
        warmUp: async () => void (await measure()),
        measure,
        async close() {
          remove();
          rmSync(folder, { recursive: true, force: true });
        },
      };
    },
  };
}

async function measured(command: readonly string[], rows: number): Promise<Sample> {
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' };
  const { stdout } = await run(pythonOf(ENVIRONMENT), [inRoot('bench/peers/batch/measure.py'), ...command], { env });
  const { wallMs, cpuMs } = JSON.parse(stdout);
  return { requestsPerSecond: (rows * 1_000) / wallMs, cpuUsPerRequest: (cpuMs * 1_000) / rows };
}
