import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  type BatchPlan,
  dryRun,
  formatOfName,
  formatPlan,
  hasState,
  identifyInput,
  type OpenInput,
  openInput,
  planBatchFile,
  RunState,
  runBatchFile,
} from '../../batch-files/index.js';
import { invalidArgument, MillraceError } from '../../core/index.js';
import { writeNamed } from '../files.js';
import { formatJson } from '../format/json.js';
import type { Io } from '../io.js';
import type { BatchFlags } from './flags.js';
import { followRun } from './follow-run.js';
import { formatBatchReport, formatDryRun, formatMapping } from './format.js';
import { openLocalModel } from './local-model.js';
import { openRemoteModel, refuseFolder } from './remote-model.js';
import { type BatchReport, priceOf, reportOf } from './report.js';
import { reportContent } from './report-file.js';
import type { RunModel } from './run-model.js';

const DRY_RUN_ROWS = 100;

/** Runs the rows of a file through a model. Rejects where it cannot go on, and with `cancelled` where it was stopped. */
export async function runBatch(
  io: Io,
  name: string,
  { flags, signal }: { readonly flags: BatchFlags; readonly signal: AbortSignal },
) {
  const files = filesOf(io, flags);
  if (flags.dryRun === undefined) await refuseExisting(files, flags);
  const input = await openInput(files.input, flags.maxRowBytes);
  try {
    if (flags.local !== true) refuseFolder(input.format === 'folder');
    const running = await openModel(io, name, flags);
    try {
      const plan = planOf(flags, { input, running, output: files.output });
      showPlan(io, plan, flags);
      const job = { flags, files, input, running, plan, signal };
      return await (flags.dryRun === undefined ? run(io, job) : tryRows(io, job));
    } finally {
      await running.close();
    }
  } finally {
    await input.reader.close();
  }
}

/** Absolute paths. */
interface Files {
  readonly input: string;
  readonly output: string;
  readonly errors: string;
}

interface BatchJob {
  readonly flags: BatchFlags;
  readonly files: Files;
  readonly input: OpenInput;
  readonly running: RunModel;
  readonly plan: BatchPlan;
  readonly signal: AbortSignal;
}

function filesOf(io: Io, flags: BatchFlags): Files {
  const output = resolve(io.cwd, flags.output);
  const errors = flags.errors === undefined ? `${output}.errors.jsonl` : resolve(io.cwd, flags.errors);
  const input = resolve(io.cwd, flags.input);
  if (new Set([input, output, errors]).size < 3) throw invalidArgument('--input, --output and --errors are one file');
  if (flags.parts === true && formatOfName(output) !== 'parquet') {
    throw invalidArgument(`--parts: expected an --output that ends in .parquet, got ${flags.output}`);
  }
  return { input, output, errors };
}

/** What is there is replaced only when that is asked for. */
async function refuseExisting({ output, errors }: Files, { restart }: BatchFlags): Promise<void> {
  if (restart === true || (await hasState(output))) return;
  for (const path of [output, errors]) {
    const stats = await stat(path).catch(() => undefined);
    if (stats !== undefined) throw new MillraceError('failed_precondition', `${path} exists: --restart replaces it`);
  }
}

function openModel(io: Io, name: string, flags: BatchFlags): Promise<RunModel> {
  return flags.local === true ? openLocalModel(io, name, flags) : openRemoteModel(io, name, flags);
}

function planOf(
  flags: BatchFlags,
  { input, running, output }: { readonly input: OpenInput; readonly running: RunModel; readonly output: string },
): BatchPlan {
  return planBatchFile({
    model: running.model,
    columns: input.reader.columns,
    inputFormat: input.format,
    outputFormat: formatOfName(output),
    map: flags.map ?? [],
    mapOutput: flags.mapOutput ?? [],
    keep: flags.keep ?? [],
    numberColumn: flags.rowNumber,
    batchRows: flags.batchSize,
    checkpointRows: flags.checkpointRows,
  });
}

function showPlan(io: Io, plan: BatchPlan, { json }: BatchFlags): void {
  const { batchRows, checkpointRows } = plan;
  if (json === true) {
    const sizes = { batch_rows: batchRows, checkpoint_rows: checkpointRows };
    io.stdout.write(formatJson({ event: 'plan', mapping: formatPlan(plan), ...sizes }));
  } else io.stdout.write(`${formatMapping(plan, io.stdout)}\n`);
}

/** The outputs of the model that the plan needs. */
function outputsOf({ outputs }: BatchPlan): readonly string[] {
  return [...new Set(outputs.flatMap((column) => (column.kind === 'tensor' ? [column.spec.name] : [])))];
}

async function tryRows(io: Io, { flags, input, running, plan, signal }: BatchJob): Promise<void> {
  const rows = flags.dryRun === true || flags.dryRun === undefined ? DRY_RUN_ROWS : flags.dryRun;
  const answer = running.ask(outputsOf(plan));
  const { model, inFlight, settings } = running;
  const { reader } = input;
  const result = await dryRun({ plan, model, answer, reader, rows, inFlight, clock: io.clock, signal });
  const { counts, totalRows, totalMs } = result;
  const factor = totalRows / counts.rows;
  const all = { ...counts, written: counts.written * factor, requests: counts.requests * factor };
  const whole = {
    written: Math.round(all.written),
    requests: Math.round(all.requests),
    computeUs: Math.round(counts.computeUs * factor),
  };
  const cost = priceOf(settings, model.name, { ...counts, ...whole });
  io.stdout.write(
    flags.json === true
      ? formatJson({
          event: 'dry_run',
          rows: counts.rows,
          failed: counts.failed,
          samples: result.samples.map((one) => JSON.parse(one)),
          failures: result.failures,
          total_rows: totalRows,
          total_seconds: totalMs / 1_000,
          cost,
        })
      : formatDryRun(result, cost),
  );
}

async function run(io: Io, job: BatchJob): Promise<void> {
  const { flags, files, input, running, plan, signal } = job;
  const { model, inFlight } = running;
  const { reader } = input;
  const { maxErrors, json = false } = flags;
  const state = await RunState.open(files.output, await identityOf(job), flags.restart === true);
  try {
    const startedAtMs = io.clock.wallNow();
    const began = io.clock.now();
    const answer = await running.answers({ plan, outputs: outputsOf(plan), reader, state, maxErrors, signal, json });
    const askedMs = io.clock.now() - began;
    const { counts, resumedRows } = await followRun(io, flags, (onProgress) =>
      runBatchFile({
        ...files,
        plan,
        model,
        reader,
        state,
        maxErrors,
        signal,
        onProgress,
        answer,
        inFlight: flags.inFlight ?? inFlight,
        keepsParts: flags.parts === true,
        clock: io.clock,
      }),
    );
    // A server has answered all requests before the first row is written.
    const whole = { ...counts, elapsedMs: counts.elapsedMs + (flags.local === true ? 0 : askedMs) };
    const cost = priceOf(running.settings, model.name, whole);
    const endedAtMs = io.clock.wallNow();
    await report(
      io,
      flags,
      reportOf({ counts: whole, resumedRows, model, plan, ...files, startedAtMs, endedAtMs, cost }),
    );
  } finally {
    state.release();
  }
}

/** What has to be the same for a run to go on. */
async function identityOf({ files, running, plan, flags }: BatchJob) {
  const { name, version, digest } = running.model;
  return {
    input: `${files.input} (${await identifyInput(files.input)})`,
    model: `${name}/${version} ${digest}${flags.local === true ? '' : ` of ${flags.url}`}`,
    mapping: formatPlan(plan),
    'batch size': String(plan.batchRows),
    'checkpoint rows': String(plan.checkpointRows),
    'longest row': String(flags.maxRowBytes),
    output: `${plan.outputFormat}${flags.parts === true ? ' in parts' : ''}`,
  };
}

async function report(io: Io, flags: BatchFlags, what: BatchReport): Promise<void> {
  if (flags.report !== undefined) await writeNamed(io, flags.report, { content: reportContent(what, flags.report) });
  io.stdout.write(flags.json === true ? formatJson({ event: 'report', ...what }) : formatBatchReport(what));
}
