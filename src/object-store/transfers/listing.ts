import { MillraceError } from '../../core/index.js';
import { formatObjectUrl, type ObjectLocation } from '../location.js';
import type { StoreRequests } from '../requests.js';
import { type AnswerElement, readXml } from '../xml.js';

export interface ListedObject {
  readonly key: string;
  readonly sizeBytes: number;
  readonly etag: string | undefined;
  /** Milliseconds since the Unix epoch. */
  readonly modifiedAtMs: number | undefined;
}

export interface ListedPage {
  readonly objects: readonly ListedObject[];
  /** Prefixes up to the delimiter, in place of the keys below them. */
  readonly prefixes: readonly string[];
}

export interface ListOptions {
  /** Such as `/`: keys are listed up to it. Default: all keys. */
  readonly delimiter?: string;
  /** Keys of a page, 1 to 1,000. Default: 1,000. */
  readonly pageSize?: number;
  readonly signal?: AbortSignal | undefined;
}

/** 1,000 keys of 1,024 bytes that are all percent-encoded, and what is around them. */
const MAX_PAGE_BYTES = 4_194_304;

/** Lists the keys that begin with that of the location, in pages and in order. */
export async function* listObjects(
  requests: StoreRequests,
  { bucket, key }: ObjectLocation,
  { delimiter, pageSize = 1_000, signal }: ListOptions = {},
): AsyncGenerator<ListedPage, void> {
  let token: string | undefined;
  do {
    const query = {
      'list-type': '2',
      'encoding-type': 'url',
      prefix: key,
      delimiter,
      'max-keys': String(pageSize),
      'continuation-token': token,
    };
    const answer = await requests.ask(
      { method: 'GET', bucket, key: '', query, expected: [200], signal },
      MAX_PAGE_BYTES,
    );
    const root = await readXml(answer.text);
    if (root?.name !== 'ListBucketResult') throw unreadable({ bucket, key });
    const decode = root.text('EncodingType') === 'url' ? decodeName : (text: string) => text;
    yield {
      objects: root.children('Contents').map((entry) => readObject(entry, decode)),
      prefixes: root.children('CommonPrefixes').map((entry) => decode(entry.text('Prefix') ?? '')),
    };
    const next = root.text('IsTruncated') === 'true' ? root.text('NextContinuationToken') : undefined;
    // A store that repeats itself would be asked for ever.
    if (next !== undefined && next === token) throw unreadable({ bucket, key });
    token = next;
  } while (token !== undefined);
}

function readObject(entry: AnswerElement, decode: (text: string) => string): ListedObject {
  const modifiedAtMs = Date.parse(entry.text('LastModified') ?? '');
  return {
    key: decode(entry.text('Key') ?? ''),
    sizeBytes: Number(entry.text('Size') ?? 0),
    etag: entry.text('ETag'),
    modifiedAtMs: Number.isNaN(modifiedAtMs) ? undefined : modifiedAtMs,
  };
}

function decodeName(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

function unreadable(location: ObjectLocation): MillraceError {
  return new MillraceError('internal', `${formatObjectUrl(location)}: the store's list of objects cannot be read`);
}
