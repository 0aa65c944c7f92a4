import type { Call } from '../../core/index.js';
import type { PrincipalStore } from '../../service/index.js';
import { jsonResponse, type RouteRequest } from '../route.js';
import type { WireResponse } from '../wire.js';
import { ParameterError, UnknownIdError } from './errors.js';
import { isObject } from './fields.js';

/** A response that is kept, with all that was said before it. */
export interface StoredResponse {
  /** As it was given. */
  readonly response: { readonly output: readonly object[]; readonly [member: string]: unknown };
  /** What the model was told, oldest first. */
  readonly input: readonly object[];
}

/** What is put into the store for it. */
export function packStored(stored: StoredResponse): Uint8Array {
  return Buffer.from(JSON.stringify(stored));
}

/** What has been said up to a response, its answer included; nothing without one. Throws `UnknownIdError`. */
export function itemsUntil(store: PrincipalStore, call: Call, id: string | undefined): readonly object[] {
  if (id === undefined) return [];
  const stored = find(store, call, id);
  if (stored === undefined) {
    const message = `the response '${id}' of 'previous_response_id' is not found`;
    throw new UnknownIdError('previous_response_id', 'previous_response_not_found', message);
  }
  return [...stored.input, ...stored.response.output];
}

/** `GET /v1/responses/{response}`. */
export function getResponse(store: PrincipalStore, call: Call, { params, query }: RouteRequest): WireResponse {
  const { response } = known(store, call, params);
  refuseOthers(query, []);
  return jsonResponse(response);
}

/** `DELETE /v1/responses/{response}`. */
export function deleteResponse(store: PrincipalStore, call: Call, { params, query }: RouteRequest): WireResponse {
  refuseOthers(query, []);
  const { response: id = '' } = params;
  if (!store.delete(call, id)) throw unknown(id);
  return jsonResponse({ id, object: 'response', deleted: true });
}

const MAX_PAGE = 100;

/** `GET /v1/responses/{response}/input_items`: a page of them, the latest first unless `order` is `asc`. */
export function listInputItems(store: PrincipalStore, call: Call, { params, query }: RouteRequest): WireResponse {
  const { input } = known(store, call, params);
  refuseOthers(query, ['order', 'after', 'limit']);
  const order = query.get('order') ?? 'desc';
  if (order !== 'asc' && order !== 'desc') throw refused('order', "'asc' or 'desc'", order);
  const items = order === 'asc' ? input : input.toReversed();
  const after = query.get('after');
  const before = after === null ? -1 : items.findIndex((item) => idOf(item) === after);
  if (after !== null && before < 0) throw refused('after', 'the id of an item', after);
  const limit = Number(query.get('limit') ?? 20);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE)
    throw refused('limit', `an integer from 1 to ${MAX_PAGE}`, query.get('limit') ?? '');
  const data = items.slice(before + 1, before + 1 + limit);
  return jsonResponse({
    object: 'list',
    data,
    first_id: idOf(data[0]),
    last_id: idOf(data.at(-1)),
    has_more: before + 1 + limit < items.length,
  });
}

function idOf(item: unknown): unknown {
  return isObject(item) ? item.id : null;
}

function known(store: PrincipalStore, call: Call, { response: id = '' }: RouteRequest['params']): StoredResponse {
  const stored = find(store, call, id);
  if (stored === undefined) throw unknown(id);
  return stored;
}

function find(store: PrincipalStore, call: Call, id: string): StoredResponse | undefined {
  const bytes = store.get(call, id);
  return bytes === undefined ? undefined : (JSON.parse(Buffer.from(bytes).toString()) as StoredResponse);
}

function unknown(id: string): UnknownIdError {
  return new UnknownIdError('response_id', 'response_not_found', `the response '${id}' is not found`);
}

/** Refuses what would do nothing. */
function refuseOthers(query: URLSearchParams, names: readonly string[]): void {
  for (const name of query.keys()) {
    if (!names.includes(name)) throw new ParameterError(name, `'${name}' is not a known parameter`);
  }
}

function refused(name: string, expected: string, got: string): ParameterError {
  return new ParameterError(name, `'${name}': expected ${expected}, got '${got.slice(0, 60)}'`);
}
