import { type Clock, MillraceError, type Turns } from '../core/index.js';
import { newId } from '../files/index.js';
import type { BatchCheckpoint, BatchObjects, NewFile } from '../store/index.js';
import { BatchRun, type RunEnd } from './batch-run.js';
import { copyInput } from './copy-input.js';
import { fileInput, fileOutput } from './ends.js';
import type { LineOutcome } from './line-result.js';
import { readLines } from './lines.js';
import { type BatchEvent, endingOf, hasEnded } from './machine.js';
import type { ObjectAccess } from './object-access.js';
import type { OpenBatch } from './open-batch.js';
import type { BatchesOptions } from './options.js';
import { type AttemptPolicy, createRunLine, type RunLineSetup } from './run-line.js';
import { validate } from './validate.js';
import { writeObjects } from './write-objects.js';

/** Between two looks whether there is room. */
const ROOM_MS = 1_000;

export interface AdvanceSetup extends RunLineSetup, ObjectAccess {
  readonly options: BatchesOptions;
  readonly turns: Turns;
  readonly clock: Clock;
  readonly policy: AttemptPolicy;
  readonly yields: () => boolean;
  /** Stores what an event makes of the batch, and files with it. False = it means nothing to the batch. */
  readonly apply: (batch: OpenBatch, event: BatchEvent, files?: readonly NewFile[]) => Promise<boolean>;
  /** Stores what the batch has of its own besides its state. */
  readonly update: (batch: OpenBatch, changes: BatchChanges) => Promise<void>;
  /** Something keeps the batch from going on; undefined = no more. */
  readonly troubled: (batch: OpenBatch, reason: string | undefined) => void;
}

export interface BatchChanges {
  readonly checkpoint?: BatchCheckpoint;
  readonly inputContent?: string;
  readonly objects?: BatchObjects;
  readonly outputContent?: string;
  readonly errorContent?: string;
}

/**
 * Takes a batch as far as it goes: `done` = it has ended. Rejects where something cannot be read or written; it continues at its last checkpoint then.
 */
export async function advance(setup: AdvanceSetup, batch: OpenBatch, signal: AbortSignal): Promise<RunEnd> {
  while (!hasEnded(batch.record)) {
    if (batch.record.state === 'validating') await check(setup, batch, signal);
    else {
      const end = await runLines(setup, batch, signal);
      if (end !== 'done') return end;
      // Where it means nothing, the rest was not run: it has expired, or was cancelled.
      await setup.apply(batch, { kind: 'ran' });
      if (!(await writeObjects(setup, batch, signal))) await finalize(setup, batch);
    }
    if (signal.aborted) return 'interrupted';
  }
  return 'done';
}

async function check(setup: AdvanceSetup, batch: OpenBatch, signal: AbortSignal): Promise<void> {
  const { files, options, turns, apply } = setup;
  if (batch.record.inputContent === undefined) {
    const problem = await copyInput(setup, batch, signal);
    if (problem !== undefined) {
      await apply(batch, { kind: 'invalid', problems: [problem] });
      return;
    }
  }
  const { inputContent = '', endpoint } = batch.record;
  const { maxLines, maxLineBytes } = options;
  const chunks = fileInput(files.records.contents, inputContent).read(0);
  const lines = readLines(chunks, { atByte: 0, lines: 0 }, maxLineBytes);
  const validation = await validate(lines, { endpoint, maxLines, maxLineBytes, turns, signal });
  const { total } = { total: undefined, ...validation };
  await apply(
    batch,
    'problems' in validation
      ? { kind: 'invalid', problems: validation.problems }
      : { kind: 'validated', total: total ?? 0 },
  );
}

async function runLines(setup: AdvanceSetup, batch: OpenBatch, signal: AbortSignal): Promise<RunEnd> {
  const { files, options, update } = setup;
  const { contents } = files.records;
  await createContents(setup, batch);
  const { record } = batch;
  const { owner, inputContent = '', outputContent = '', errorContent = '', checkpoint } = record;
  const output = await fileOutput(contents, outputContent, checkpoint.outputBytes);
  try {
    const errors = await fileOutput(contents, errorContent, checkpoint.errorBytes);
    let taken = 0;
    try {
      return await new BatchRun({
        ...setup,
        ...options,
        batch: record.id,
        endpoint: record.endpoint,
        checkpoint,
        input: fileInput(contents, inputContent),
        output,
        errors,
        signal,
        runLine: lineRunner(setup, batch),
        async makeRoom(bytes) {
          await makeRoom(setup, batch, { bytes, signal });
          taken += bytes;
        },
        async keep(kept) {
          await update(batch, { checkpoint: kept });
          taken = 0;
        },
        progressed(progress) {
          batch.progress = progress;
        },
      }).run();
    } finally {
      // What is behind the checkpoint is written again.
      files.ledger.release({ owner, files: 0, bytes: taken });
      batch.progress = batch.record.checkpoint;
      await errors.close();
    }
  } finally {
    await output.close();
  }
}

/** Runs requests, or says why the rest of them do not run. */
function lineRunner(
  setup: AdvanceSetup,
  { record }: OpenBatch,
): (...args: Parameters<ReturnType<typeof createRunLine>>) => Promise<LineOutcome> {
  const ending = endingOf(record);
  if (ending === undefined) return createRunLine(setup, record);
  const outcome = { kind: 'failed', ...WHY_NOT_RUN[ending] } as const;
  return async () => outcome;
}

/** The codes that OpenAI documents. */
const WHY_NOT_RUN = {
  expired: {
    code: 'batch_expired',
    message: 'This request could not be executed before the completion window expired.',
  },
  cancelled: { code: 'batch_cancelled', message: 'The batch was cancelled before this request was executed.' },
} as const;

/** Names the contents before anything is in them, so that they are found when the server starts again. */
async function createContents({ files, update }: AdvanceSetup, batch: OpenBatch): Promise<void> {
  if (batch.record.outputContent !== undefined) return;
  const { contents } = files.records;
  const writers = [await contents.create(), await contents.create()] as const;
  for (const writer of writers) {
    await writer.sync();
    await writer.close();
  }
  const [output, errors] = writers;
  await update(batch, { outputContent: output.name, errorContent: errors.name });
}

interface WantedRoom {
  readonly bytes: number;
  readonly signal: AbortSignal;
}

/** Waits until the owner's share and the disk have room. */
async function makeRoom(
  { files, clock, troubled }: AdvanceSetup,
  batch: OpenBatch,
  { bytes, signal }: WantedRoom,
): Promise<void> {
  for (;;) {
    try {
      await files.intake.checkDisk();
      files.ledger.takeBytes(batch.owner, bytes);
      troubled(batch, undefined);
      return;
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error;
      signal.throwIfAborted();
      troubled(batch, error.message);
      await clock.sleep(ROOM_MS, signal);
      signal.throwIfAborted();
    }
  }
}

/** Makes files of what was written, and ends the batch. */
async function finalize({ files, clock, apply }: AdvanceSetup, batch: OpenBatch): Promise<void> {
  const { id, owner, principal, outputContent, errorContent, checkpoint, outputKeepMs } = batch.record;
  const createdAtMs = clock.wallNow();
  const written = [
    { name: `${id}_output.jsonl`, content: outputContent, sizeBytes: checkpoint.outputBytes },
    { name: `${id}_error.jsonl`, content: errorContent, sizeBytes: checkpoint.errorBytes },
  ].map(({ name, content = '', sizeBytes }) => {
    const about = { id: newId('file-'), owner, principal, purpose: 'batch_output', name, sizeBytes, content };
    return { ...about, createdAtMs, expiresAtMs: createdAtMs + outputKeepMs };
  });
  const isUsed = ({ sizeBytes }: NewFile) => sizeBytes > 0;
  const [output, errors] = written.map((file) => (isUsed(file) ? file.id : undefined));
  const made = written.filter(isUsed);
  if (!(await apply(batch, { kind: 'finalized', outputFile: output, errorFile: errors }, made))) return;
  for (const _ of made) files.ledger.addFile(owner);
  const empty = written.filter((file) => !isUsed(file)).map(({ content }) => content);
  await files.discard(empty);
}
