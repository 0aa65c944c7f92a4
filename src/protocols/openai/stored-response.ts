import { isObject } from '../../core/index.js';
import { ParameterError } from '../shared/generation/parameter-error.js';

/** Bytes in front of a stored response: how long the JSON of the response is. The rest is that of its history. */
const HEAD_BYTES = 4;

/** A page of what a stored response answers. */
export interface ItemsPage {
  readonly order: 'asc' | 'desc';
  /** The id of the item before it. */
  readonly after: string | undefined;
  readonly limit: number;
}

/** What is put into the store for a response: it, and the JSON of the items that it answers. */
export function packStored(response: object, history: Uint8Array): Uint8Array {
  const json = Buffer.from(JSON.stringify(response));
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(json.length);
  return Buffer.concat([head, json, history]);
}

/** The JSON of a stored response, as it was given. */
export function storedJson(stored: Uint8Array): Uint8Array {
  return stored.subarray(HEAD_BYTES, endOfResponse(stored));
}

/** What has been said up to a stored response, its answer included. */
export function itemsUntil(stored: Uint8Array): readonly object[] {
  const { status, output } = parse(storedJson(stored)) as {
    readonly status: string;
    readonly output: readonly object[];
  };
  if (status === 'queued') {
    const message = "'previous_response_id': the response has not ended: wait until it is completed";
    throw new ParameterError('previous_response_id', message);
  }
  return [...itemsIn(stored), ...output];
}

/** The JSON of a page. Throws `ParameterError` where there is no item to begin after. */
export function itemsPage(stored: Uint8Array, { order, after, limit }: ItemsPage): string {
  const items = order === 'asc' ? itemsIn(stored) : itemsIn(stored).toReversed();
  const before = after === undefined ? -1 : items.findIndex((item) => idOf(item) === after);
  if (after !== undefined && before < 0) {
    throw new ParameterError('after', `'after': expected the id of an item, got '${after.slice(0, 60)}'`);
  }
  const data = items.slice(before + 1, before + 1 + limit);
  return JSON.stringify({
    object: 'list',
    data,
    first_id: idOf(data[0]),
    last_id: idOf(data.at(-1)),
    has_more: before + 1 + limit < items.length,
  });
}

function endOfResponse(stored: Uint8Array): number {
  return HEAD_BYTES + new DataView(stored.buffer, stored.byteOffset).getUint32(0, true);
}

function itemsIn(stored: Uint8Array): readonly object[] {
  return parse(stored.subarray(endOfResponse(stored))) as readonly object[];
}

function parse(json: Uint8Array): unknown {
  return JSON.parse(Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString());
}

function idOf(item: unknown): unknown {
  return isObject(item) ? item.id : null;
}
