import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, type ErrorCode, MillraceError } from '../../core/index.js';
import { BatchFileRun, type RunSetup } from '../running/batch-file-run.js';
import { NO_COUNTS } from '../running/progress.js';
import { type Answer, type AnswerBatch, type Batch, START } from '../types.js';
import { replaceDurably } from '../writing/durable.js';
import type { RowWriter } from '../writing/row-writer.js';
import { TextFile } from '../writing/text-file.js';
import { Answers } from './answers.js';
import { ManifestFile, type RequestFile } from './manifest.js';
import { RequestsWriter } from './requests-writer.js';
import type { BatchService, RemoteProgress } from './service.js';

export interface RemoteSetup extends Omit<RunSetup, 'answer' | 'inFlight' | 'onProgress'> {
  readonly service: BatchService;
  /** Where requests and answers are kept. */
  readonly folder: string;
  readonly onProgress: (progress: RemoteProgress) => void;
}

/** Between two looks at a batch, in milliseconds. */
const LOOK_EVERY_MS = 1_000;
/** All rows; those alone whose request has failed; those again that a server has lost. */
const MAX_ROUNDS = 3;

/**
 * Answers all requests of a run by a server's batches, and continues with the batches that an earlier run began. Resolves with a function that
 * finds the answers; leaves batches running when it is stopped.
 */
export async function answerRemotely(setup: RemoteSetup): Promise<AnswerBatch> {
  const manifest = await ManifestFile.open(setup.folder);
  const answers = new Answers(manifest, setup.service);
  while (!manifest.manifest.isAnswered) {
    await finishBatches(setup, manifest);
    const { rounds, files } = manifest.manifest;
    const isAnswered = rounds > 0 && (rounds >= MAX_ROUNDS || files.every(({ failed }) => failed === 0));
    if (isAnswered) await manifest.save({ isAnswered });
    else await writeRequests(setup, manifest, answers);
  }
  return (batch) => foundAnswer(answers, batch);
}

/** Of a request; unique, as no row is in two requests of one size. */
function requestId({ rows }: Batch, row: number): string {
  return `${row}+${rows}`;
}

/** Number of its first row, from 1. */
function firstRow({ sources: [source] }: Batch): number {
  return source === undefined ? 0 : source.block.first.row + source.row + 1;
}

async function foundAnswer(answers: Answers, batch: Batch): Promise<Answer> {
  const row = firstRow(batch);
  const found = await answers.find(requestId(batch, row), row);
  if (found === undefined) throw new MillraceError('internal', 'the server has not answered');
  if (found.error !== undefined) throw new MillraceError(codeOf(found.status), found.error);
  return { outputs: found.outputs, computeUs: 0 };
}

/** The code of a failed answer: those of missing rights and models end the run, others are errors of single rows. */
function codeOf(status: number): ErrorCode {
  if (status === 401) return 'unauthenticated';
  if (status === 403) return 'permission_denied';
  if (status === 404) return 'not_found';
  return status >= 400 && status < 500 ? 'invalid_argument' : 'internal';
}

const NOWHERE: RowWriter = {
  write: async () => undefined,
  commit: async () => ({ kind: 'text', bytes: 0 }),
  finish: async () => undefined,
  close: async () => undefined,
};

/** Writes the requests that have no answer: a pass over the input that writes no output. */
async function writeRequests(setup: RemoteSetup, manifest: ManifestFile, answers: Answers): Promise<void> {
  const { plan, reader, state, service } = setup;
  await manifest.discardUnknown();
  const requests = new RequestsWriter(manifest);
  const errors = await TextFile.open(state.errors, 0);
  const answer: AnswerBatch = async (batch) => {
    const row = firstRow(batch);
    const id = requestId(batch, row);
    const found = await answers.find(id, row);
    if (found === undefined || found.status === 0) {
      await requests.add(row, service.encode(id, batch.inputs));
      return { outputs: [], computeUs: 0 };
    }
    if (found.error !== undefined) throw new MillraceError(codeOf(found.status), found.error);
    return { outputs: [], computeUs: 0 };
  };
  const pass = new BatchFileRun(
    {
      ...setup,
      answer,
      inFlight: 1,
      state: { errors: state.errors, save: async () => undefined },
      onProgress: () => undefined,
    },
    { writer: NOWHERE, errors },
    NO_COUNTS,
  );
  try {
    let position = START;
    for await (const block of reader.read({ from: START, stride: plan.checkpointRows, columns: plan.columns })) {
      await pass.take(block);
      position = block.next;
    }
    await pass.commit(position, true);
    const { rounds, files } = manifest.manifest;
    const added = await requests.finish();
    await manifest.save({ rounds: rounds + 1, files: [...files, ...added], isAnswered: added.length === 0 });
  } finally {
    await pass.settle();
    await requests.close();
    await errors.close();
  }
}

/** Sends files that have not been sent, and waits until all of them are answered. */
async function finishBatches(setup: RemoteSetup, manifest: ManifestFile): Promise<void> {
  const { onProgress } = setup;
  const all = manifest.manifest.files;
  const total = all.reduce((sum, { requests }) => sum + requests, 0);
  let done = 0;
  let failed = 0;
  for (const { name } of all) {
    const file = manifest.manifest.files.find((one) => one.name === name) as RequestFile;
    const before = { done, failed };
    const missed =
      file.failed ??
      (await finishBatch(setup, manifest, {
        file,
        onProgress: (now) => onProgress({ total, done: before.done + now.done, failed: before.failed + now.failed }),
      }));
    done += file.requests;
    failed += missed;
    onProgress({ total, done, failed });
  }
}

interface OneBatch {
  readonly file: RequestFile;
  readonly onProgress: (now: Pick<RemoteProgress, 'done' | 'failed'>) => void;
}

/** Resolves with the number of requests that have failed. */
async function finishBatch(
  { service, clock, signal }: RemoteSetup,
  manifest: ManifestFile,
  { file, onProgress }: OneBatch,
): Promise<number> {
  const { name } = file;
  signal.throwIfAborted();
  const fileId = file.fileId ?? (await service.upload(name, await readFile(join(manifest.folder, name))));
  await manifest.update(name, { fileId });
  const batchId = file.batchId ?? (await service.start(fileId));
  await manifest.update(name, { batchId });
  const batch = await ended({ service, clock, signal }, batchId, onProgress);
  if (batch.state === 'stopped') {
    const reason = batch.reason === undefined ? '' : `: ${batch.reason}`;
    throw new MillraceError(
      'failed_precondition',
      `the server has stopped batch ${batchId}${reason}; --restart begins anew`,
    );
  }
  const contents: Uint8Array[] = [];
  for (const id of batch.files) contents.push(await service.download(id));
  await replaceDurably(manifest.answersOf(file), Buffer.concat(contents));
  // What an expired batch has not answered has failed, too: it is asked again.
  const failed = batch.failed + Math.max(0, file.requests - batch.done);
  await manifest.update(name, { failed });
  await service.remove([fileId, ...batch.files]);
  return failed;
}

async function ended(
  { service, clock, signal }: { readonly service: BatchService; readonly clock: Clock; readonly signal: AbortSignal },
  id: string,
  onProgress: OneBatch['onProgress'],
) {
  for (;;) {
    const batch = await service.look(id);
    onProgress(batch);
    if (batch.state !== 'running') return batch;
    await clock.sleep(LOOK_EVERY_MS, signal);
    signal.throwIfAborted();
  }
}
