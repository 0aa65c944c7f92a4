import { readLinesBackwards } from '../../audit/index.js';
import { invalidArgument } from '../../core/index.js';
import { type PayloadRecord, readRecord } from '../../payloads/index.js';
import { type LogFileEntry, listLogFiles } from '../log-files.js';
import type { PayloadFilter, PayloadPage, PayloadPageOptions } from '../types.js';

/** Read for a page at most, and given in one, in bytes. */
const MAX_READ_BYTES = 16_777_216;
const MAX_PAGE_BYTES = 4_194_304;

/** How far the search has come. */
interface Cursor {
  /** Lines before `before` of this file are still to be read, and files before it. */
  readonly name: string;
  readonly before: number;
}

/** Records that match, the newest first, a page at a time. Rejects with `invalid_argument` for what is no cursor. */
export async function searchRecords(
  folder: string,
  { filter, sees }: { readonly filter: PayloadFilter; readonly sees: (record: PayloadRecord) => boolean },
  { limit, from }: PayloadPageOptions,
): Promise<PayloadPage> {
  const cursor = from === undefined ? undefined : readCursor(from);
  const records: PayloadRecord[] = [];
  const { requestId } = filter;
  const written = requestId === undefined ? '' : JSON.stringify(requestId);
  let [readBytes, pageBytes] = [0, 0];
  for (const { file, name } of await filesFrom(folder, cursor)) {
    const before = name === cursor?.name ? cursor.before : undefined;
    for await (const lines of readLinesBackwards(file, before)) {
      for (const { text, offset } of lines) {
        readBytes += text.length;
        const record = text.includes(written) ? readRecord(text) : undefined;
        if (record !== undefined && matches(record, filter) && sees(record)) {
          records.push(record);
          pageBytes += text.length;
        }
        if (records.length >= limit || readBytes >= MAX_READ_BYTES || pageBytes >= MAX_PAGE_BYTES) {
          return { records, next: writeCursor({ name, before: offset }) };
        }
      }
    }
  }
  return { records, next: undefined };
}

function matches(record: PayloadRecord, { requestId, name, sinceMs, untilMs, status }: PayloadFilter): boolean {
  if (requestId !== undefined && record.request_id !== requestId) return false;
  if (name !== undefined && record.model !== name && record.route !== name) return false;
  if (status !== undefined && record.status !== status) return false;
  const atMs = Date.parse(record.at);
  return atMs >= (sinceMs ?? Number.NEGATIVE_INFINITY) && atMs < (untilMs ?? Number.POSITIVE_INFINITY);
}

/** The newest first. */
async function filesFrom(folder: string, cursor: Cursor | undefined): Promise<readonly LogFileEntry[]> {
  const files = (await listLogFiles(folder)).toReversed();
  return cursor === undefined ? files : files.filter(({ name }) => name <= cursor.name);
}

function writeCursor(cursor: Cursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

function readCursor(text: string): Cursor {
  try {
    const { name, before } = JSON.parse(Buffer.from(text, 'base64url').toString()) as Cursor;
    if (typeof name === 'string' && Number.isSafeInteger(before) && before >= 0) return { name, before };
  } catch {
    // It is no JSON.
  }
  throw invalidArgument('after: expected what `next` of the page before says');
}
