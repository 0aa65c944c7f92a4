import { type Call, type CallContext, quoted } from '../../core/index.js';
import type { DialectContext } from '../dialect.js';
import { jsonResponse, type RouteRequest } from '../route.js';
import { resultOf } from '../shared/decoding/reply.js';
import { readLimit } from '../shared/generation/query.js';
import type { PrincipalStore } from '../shared/principal-store.js';
import { LARGE_BYTES, type WireResponse } from '../wire.js';
import { UnknownIdError } from './errors.js';
import { readNewestFirst, refuseOtherParameters } from './lists.js';
import { type ItemsPage, itemsPage, storedJson } from './stored-response.js';
import { ITEMS } from './text-jobs.js';

/** What the routes of stored responses are answered with. */
export interface StoredContext extends Pick<DialectContext, 'decoder'> {
  readonly store: PrincipalStore;
}

/** The response that a request goes on from, packed; undefined without one. Throws `UnknownIdError`. */
export function earlierResponse(
  store: PrincipalStore,
  call: CallContext,
  id: string | undefined,
): Uint8Array | undefined {
  if (id === undefined) return undefined;
  const stored = store.get(call, id);
  if (stored !== undefined) return stored;
  const message = `the response ${quoted(id)} of 'previous_response_id' is not found`;
  throw new UnknownIdError('previous_response_id', 'previous_response_not_found', message);
}

/** `GET /v1/responses/{response}`. */
export function getResponse(
  { store }: StoredContext,
  call: CallContext,
  { params, query }: RouteRequest,
): WireResponse {
  const stored = known(store, call, params);
  refuseOtherParameters(query, []);
  return { ...jsonResponse({}), body: storedJson(stored) };
}

/** `DELETE /v1/responses/{response}`. */
export function deleteResponse(
  { store }: StoredContext,
  call: CallContext,
  { params, query }: RouteRequest,
): WireResponse {
  refuseOtherParameters(query, []);
  const { response: id = '' } = params;
  if (!store.delete(call, id)) throw unknown(id);
  return jsonResponse({ id, object: 'response', deleted: true });
}

const MAX_PAGE = 100;

/** `GET /v1/responses/{response}/input_items`: a page of them, the latest first unless `order` is `asc`. */
export async function listInputItems(
  { store, decoder }: StoredContext,
  call: Call,
  { params, query }: RouteRequest,
): Promise<WireResponse> {
  const stored = known(store, call, params);
  refuseOtherParameters(query, ['order', 'after', 'limit']);
  const page = pageOf(query);
  const json =
    stored.length <= LARGE_BYTES
      ? itemsPage(stored, page)
      : resultOf(await decoder.decode(call, ITEMS, { input: { stored, page }, sizeBytes: stored.length }));
  return { ...jsonResponse({}), body: json };
}

function pageOf(query: URLSearchParams): ItemsPage {
  const order = readNewestFirst(query) ? 'desc' : 'asc';
  const limit = readLimit(query, { max: MAX_PAGE, standard: 20 });
  return { order, after: query.get('after') ?? undefined, limit };
}

function known(store: PrincipalStore, call: CallContext, { response: id = '' }: RouteRequest['params']): Uint8Array {
  const stored = store.get(call, id);
  if (stored === undefined) throw unknown(id);
  return stored;
}

export function unknown(id: string): UnknownIdError {
  return new UnknownIdError('response_id', 'response_not_found', `the response ${quoted(id)} is not found`);
}
