import { isIP } from 'node:net';
import { type CallPriority, invalidArgument, type Principal, quoted } from '../../core/index.js';
import type { VouchedCaller, VouchFor } from '../../governance/index.js';
import type { HttpContext, RequestHead } from '../http/exchange.js';
import type { Entrance, Gate, RequestFlags } from '../http/gate.js';
import { FetchExchange } from './fetch-exchange.js';
import { headProblem, readHead } from './fetch-head.js';
import { HandedOver } from './handed-over.js';

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
  readonly entrance: Entrance<FetchExchange>;
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
    return enter(parts, request, { vouchedFor, address });
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

/** The caller of a stored request. */
export interface StoredCaller {
  readonly principal: Principal;
  /** Default: normal. */
  readonly priority?: CallPriority;
  /** Gives it up; rejects with its reason. */
  readonly signal?: AbortSignal;
}

/** Answers a stored request without a socket, with the answer that the same bytes get over one. Ignores credentials in its headers. */
export type AnswerStored = (request: StoredRequest, caller: StoredCaller) => Promise<Response>;

export function createStoredAnswers(parts: FetchParts): AnswerStored {
  return async ({ method, url, headers, body }, { principal, priority, signal }) => {
    const bodiless = method === 'GET' || method === 'HEAD';
    const request = new Request(new URL(url, STORED_ORIGIN), {
      method,
      headers: bodiless ? headers : { ...headers, 'content-length': String(body.byteLength) },
      body: bodiless ? null : new Uint8Array(body),
      ...(signal && { signal }),
    });
    return enter(parts, request, { vouchedFor: principal, priority, address: '' });
  };
}

const STORED_ORIGIN = 'http://localhost';

interface Entering {
  readonly vouchedFor: Principal | undefined;
  readonly priority?: CallPriority | undefined;
  readonly address: string;
}

function enter(
  { context, gate, entrance }: FetchParts,
  request: Request,
  { vouchedFor, priority, address }: Entering,
): Promise<Response> {
  const url = new URL(request.url);
  const head = readHead(request, url);
  const { dialect } = entrance;
  const link = new HandedOver(url, address);
  const exchange = new FetchExchange(context, link, { request, head, dialect, vouchedFor, priority });
  const problem = headProblem(head, context.options);
  if (problem === undefined) gate.enter(entrance, exchange, flagsOf(head));
  else exchange.fail(problem);
  return exchange.response;
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
