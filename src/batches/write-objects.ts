import { MillraceError } from '../core/index.js';
import { parseObjectUrl } from '../object-store/index.js';
import type { BatchEvent } from './machine.js';
import { type ObjectAccess, refusalOf } from './object-access.js';
import type { OpenBatch } from './open-batch.js';

const MIN_PART_BYTES = 8_388_608;
/** S3 has at most 10,000. */
const PARTS = 9_000;

interface WriteSetup extends ObjectAccess {
  /** Stores what an event makes of the batch. */
  readonly apply: (batch: OpenBatch, event: BatchEvent) => Promise<boolean>;
}

/**
 * Writes what a batch has to say as objects, each of which appears as a whole, and ends the batch; the same bytes again after a crash. False = it has no
 * objects, or cannot write them: not allowed any more, or not until the end of its window. Rejects where a later attempt may succeed.
 */
export async function writeObjects(setup: WriteSetup, batch: OpenBatch, signal: AbortSignal): Promise<boolean> {
  const { clock, files, apply } = setup;
  const { objects, checkpoint, outputContent = '', errorContent = '', expiresAtMs, owner } = batch.record;
  const { output, errors } = objects ?? {};
  if (output === undefined || errors === undefined) return false;
  const refusal = refusalOf(setup, batch.record, { output, failure: errors });
  if (refusal !== undefined) {
    return becomeFiles(setup, batch, refusal);
  }
  const { outputBytes, errorBytes } = checkpoint;
  try {
    await upload(setup, { url: output, content: outputContent, sizeBytes: outputBytes, signal });
    await upload(setup, { url: errors, content: errorContent, sizeBytes: errorBytes, signal });
  } catch (error) {
    signal.throwIfAborted();
    if (clock.wallNow() < expiresAtMs || !(error instanceof MillraceError)) throw error;
    return becomeFiles(setup, batch, error.message);
  }
  const outputFile = outputBytes > 0 ? output : undefined;
  const errorFile = errorBytes > 0 ? errors : undefined;
  if (await apply(batch, { kind: 'finalized', outputFile, errorFile })) {
    files.ledger.release({ owner, files: 0, bytes: outputBytes + errorBytes });
    await files.discard([outputContent, errorContent]);
  }
  return true;
}

function becomeFiles({ events }: ObjectAccess, { record }: OpenBatch, why: string): false {
  const message = `the results of batch '${record.id}' become files: ${why}`;
  events.publish('diagnostic', { level: 'warn', room: 'batches', message });
  return false;
}

interface Upload {
  readonly url: string;
  readonly content: string;
  readonly sizeBytes: number;
  readonly signal: AbortSignal;
}

async function upload(
  { objects, questions, files }: ObjectAccess,
  { url, content, sizeBytes, signal }: Upload,
): Promise<void> {
  if (sizeBytes === 0) return;
  const partBytes = Math.max(MIN_PART_BYTES, Math.ceil(sizeBytes / PARTS));
  // Its name has the batch's id.
  const options = { contentType: 'application/jsonl', partBytes, isOnlyWriter: true, signal };
  await questions.ask(signal, () =>
    objects.store.upload(parseObjectUrl(url), files.records.contents.read(content), options),
  );
}
