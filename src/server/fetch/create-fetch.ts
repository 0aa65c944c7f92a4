import { isIP } from 'node:net';
import { invalidArgument, type Principal, quoted } from '../../core/index.js';
import type { VouchedCaller, VouchFor } from '../../governance/index.js';
import type { HttpContext, RequestHead } from '../http/exchange.js';
import type { Entrance, Gate, RequestFlags } from '../http/gate.js';
import { FetchExchange } from './fetch-exchange.js';
import { headProblem, readHead, storedHead } from './fetch-head.js';
import { HandedOver } from './handed-over.js';
import { type StoredAnswer, type StoredCaller, StoredExchange } from './stored-exchange.js';

/** What the program knows of a request that it hands over. */
export interface FetchOptions extends Partial<VouchedCaller> {
  /** The client's IP address, for limits on unknown keys, logs and the audit trail. Default: not known. */
  readonly address?: string | undefined;
}

/**
 * Answers a `Request`. Rejects with the reason of its signal, with `invalid_argument` for options that make no sense, and where there can
 * be no answer; everything else is a `Response`.
 */
export type Fetch = (request: Request, options?: FetchOptions) => Promise<Response>;

interface FetchParts {
  readonly context: HttpContext;
  readonly gate: Gate;
  readonly entrance: Entrance<FetchExchange | StoredExchange>;
  readonly vouchFor: VouchFor;
}

/** Answers what the program hands over. */
export function createFetch(parts: FetchParts): Fetch {
  const { vouchFor } = parts;
  return async (request, options = {}) => {
    checkRequest(request);
    const vouchedFor = callerOf(options, vouchFor);
    const address = addressOf(options);
    request.signal.throwIfAborted();
    return enter(parts, request, { vouchedFor, address }).response;
  };
}

/** A request that was stored, to be answered for its caller as if it came now. */
export interface StoredRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Answers a stored request without a socket, with the answer that the same bytes get over one. Ignores credentials in its headers. */
export type AnswerStored = (request: StoredRequest, caller: StoredCaller) => Promise<StoredAnswer>;

export function createStoredAnswers({ context, gate, entrance }: FetchParts): AnswerStored {
  return ({ method, url, headers, body }, caller) => {
    const { signal } = caller;
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    const { dialect } = entrance;
    const head = storedHead({ method, url, headers, bodyBytes: body.byteLength });
    const link = new HandedOver(STORED_ORIGIN, '');
    const exchange = new StoredExchange(context, link, { head, body, dialect, caller });
    gate.enter(entrance, exchange);
    return exchange.answer;
  };
}

const STORED_ORIGIN = new URL('http://localhost');

interface Entering {
  readonly vouchedFor: Principal | undefined;
  readonly address: string;
}

function enter(
  { context, gate, entrance }: FetchParts,
  request: Request,
  { vouchedFor, address }: Entering,
): FetchExchange {
  const url = new URL(request.url);
  const head = readHead(request, url);
  const { dialect } = entrance;
  const link = new HandedOver(url, address);
  const exchange = new FetchExchange(context, link, { request, head, dialect, vouchedFor });
  const problem = headProblem(head, context.options);
  if (problem === undefined) gate.enter(entrance, exchange, flagsOf(head));
  else exchange.fail(problem);
  return exchange;
}

/** As Node's server has them. */
function flagsOf({ headers: { expect } }: RequestHead): RequestFlags {
  return expect === undefined || /(?:^|\W)100-continue(?:$|\W)/i.test(expect) ? {} : { expect: 'unknown' };
}

/** Programs hand on what a client calls their `fetch` with. */
function checkRequest(request: Request): void {
  if (typeof request?.url === 'string') return;
  throw invalidArgument('fetch: expected a Request, got something else; write fetch(new Request(url, init))');
}

function callerOf({ principal, roles }: FetchOptions, vouchFor: VouchFor): Principal | undefined {
  if (principal !== undefined) return vouchFor({ principal, roles });
  if (roles === undefined) return undefined;
  throw invalidArgument('roles: expected a principal that has them, got none');
}

function addressOf({ address }: FetchOptions): string {
  if (address === undefined) return '';
  if (typeof address === 'string' && isIP(address) !== 0) return address;
  const got = typeof address === 'string' ? quoted(address) : typeof address;
  throw invalidArgument(`address: expected an IP address, got ${got}`);
}
