import { type Files, FileTooLarge } from '../files/index.js';
import { formatObjectUrl, ObjectStoreError, parseObjectPrefix, parseObjectUrl } from '../object-store/index.js';
import type { BatchObjects, BatchProblem, BatchRecord } from '../store/index.js';
import { readHttpsInput } from './https-input.js';
import { isHttps, type ObjectAccess, refusalOf } from './object-access.js';
import type { OpenBatch } from './open-batch.js';
import { WrongInput } from './wrong-input.js';

/** Objects below a prefix that a batch reads. */
const MAX_OBJECTS = 10_000;
const LIMIT_NAME = 'files.maxFileBytes';
const NEWLINE = 0x0a;

interface CopySetup extends ObjectAccess {
  /** Stores what was copied. */
  readonly update: (
    batch: OpenBatch,
    changes: { readonly inputContent: string; readonly objects: BatchObjects },
  ) => Promise<void>;
}

/**
 * Copies the input of a batch from the object store, or from a web server, so that it stays what was validated. Gives what is wrong with it; rejects where a later attempt may
 * succeed.
 */
export async function copyInput(
  setup: CopySetup,
  batch: OpenBatch,
  signal: AbortSignal,
): Promise<BatchProblem | undefined> {
  const { files, update } = setup;
  const { objects } = batch.record;
  if (objects?.input === undefined) throw new Error('the batch has neither file nor object');
  const { maxFileBytes: maxBytes } = files.options;
  const incoming = { owner: batch.owner, bytes: readObjects(setup, batch, signal), maxBytes, limitName: LIMIT_NAME };
  try {
    await files.intake.take(incoming, ({ name, sizeBytes }) =>
      update(batch, { inputContent: name, objects: { ...objects, copiedBytes: sizeBytes } }),
    );
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    const code = codeOf(error);
    if (code === undefined) throw error;
    return { code, message: (error as Error).message, line: undefined, param: undefined };
  }
}

/** Why the input is wrong; undefined = a later attempt may succeed. */
function codeOf(error: unknown): string | undefined {
  if (error instanceof WrongInput) return error.code;
  if (error instanceof FileTooLarge) return 'input_too_large';
  if (!(error instanceof ObjectStoreError)) return undefined;
  return error.code === 'not_found' || error.code === 'permission_denied' ? 'input_unreadable' : undefined;
}

/** The bytes of the web server's file, or of all objects of the input, one after the other; each begins with a line. */
async function* readObjects(
  setup: ObjectAccess,
  { record }: OpenBatch,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const { clock, objects, files } = setup;
  const refusal = (input: string) => refusalOf(setup, record, { input });
  const { maxFileBytes: maxBytes } = files.options;
  const https = { clock, options: objects.https, maxBytes, limitName: LIMIT_NAME, signal };
  let isInLine = false;
  for (const url of await inputUrls(setup, record, signal)) {
    const refused = refusal(url);
    if (refused !== undefined) throw new WrongInput('input_not_allowed', refused);
    if (isInLine) yield Buffer.of(NEWLINE);
    isInLine = false;
    const reading = isHttps(url)
      ? readHttpsInput({ ...https, url, refusalOf: refusal })
      : readObject(setup, url, signal);
    for await (const chunk of reading) {
      if (chunk.byteLength > 0) isInLine = chunk[chunk.byteLength - 1] !== NEWLINE;
      yield chunk;
    }
  }
}

async function* readObject(
  { objects, questions }: ObjectAccess,
  url: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const reading = await questions.ask(signal, () => objects.store.get(parseObjectUrl(url), { signal }));
  try {
    for (;;) {
      const { done, value } = await questions.ask(signal, () => reading.body.next());
      if (done === true) return;
      yield value;
    }
  } finally {
    reading.close();
  }
}

/** URLs of the objects of an input, in the order of their keys. */
async function inputUrls(
  { objects, questions, files }: ObjectAccess,
  { inputFile }: BatchRecord,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (!inputFile.endsWith('/')) return [inputFile];
  const { maxFileBytes } = files.options;
  const prefix = parseObjectPrefix(inputFile);
  const pages = objects.store.list(prefix, { signal });
  const urls: string[] = [];
  let sizeBytes = 0;
  for (;;) {
    const { done, value } = await questions.ask(signal, () => pages.next());
    if (done === true) break;
    // Consoles make empty objects for folders.
    const found = value.objects.filter((object) => !object.key.endsWith('/'));
    urls.push(...found.map(({ key }) => formatObjectUrl({ ...prefix, key })));
    sizeBytes += found.reduce((sum, object) => sum + object.sizeBytes, 0);
    if (sizeBytes > maxFileBytes) throw new FileTooLarge(maxFileBytes, LIMIT_NAME);
    if (urls.length > MAX_OBJECTS) {
      const message = `'${inputFile}': expected at most ${MAX_OBJECTS} objects, found more`;
      throw new WrongInput('too_many_objects', message);
    }
  }
  if (urls.length === 0) throw new WrongInput('input_unreadable', `'${inputFile}': there are no objects`);
  return urls;
}

/** Removes the copy of an input, whose batch has ended. `record`: as it was before. */
export async function removeCopy(files: Files, { owner, objects, inputContent }: BatchRecord): Promise<void> {
  if (objects?.input === undefined || inputContent === undefined) return;
  files.ledger.release({ owner, files: 0, bytes: objects.copiedBytes });
  await files.discard([inputContent]);
}
