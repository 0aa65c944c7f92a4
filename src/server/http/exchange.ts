import type { IncomingMessage } from 'node:http';
import type { Call, CallOrigin, CallPriority, JobRun, MillraceError, Principal } from '../../core/index.js';
import type { Authenticate } from '../../governance/index.js';
import type { Dialect, WireResponse, WireStream } from '../../protocols/index.js';
import { answererHeaders } from '../answerer.js';
import type { ClientCertificates } from '../client-certificates.js';
import { compressAnswer } from '../compression.js';
import { type CredentialCarrier, credentialOf, refuseKeyInUrl } from '../credential.js';
import { HttpError } from '../http-error.js';
import { formatLoadReport, LOAD_FORMAT_HEADER, LOAD_HEADER, type ServerLoad } from '../load-report.js';
import { isNotRun, NOT_RUN_HEADER } from '../not-run.js';
import { patienceMs, stalledMessage } from '../patience.js';
import { callOrigin, createPeer } from '../peer.js';
import { type Exchange, Settlement } from '../settlement.js';
import type { SettlementContext } from '../settlement-context.js';
import { forwardedPrefix, forwardedScheme, type TrustedProxies } from '../trusted-proxies.js';
import { bodyBytes } from './answer-body.js';
import type { Connections } from './connection.js';
import { responseCompression } from './encoding.js';
import { errorResponse } from './error-response.js';
import type { Link, PendingExchange } from './link.js';
import { type FlatHeaders, NO_HEADERS } from './origin-guard.js';
import { requestTimeoutMs } from './request-timeout.js';
import { formatServerTiming } from './server-timing.js';

/** What all exchanges of a server share. */
export interface HttpContext extends SettlementContext {
  /** Connections end with the next answer: the server ends, or another process takes new ones. */
  readonly retiring: () => boolean;
  /** Nobody calls without one. */
  readonly requiresKey: boolean;
  /** How busy the server is; undefined = answers carry no load report. */
  readonly load?: (() => ServerLoad) | undefined;
  readonly connections: Connections;
  /** undefined = no client is asked for a certificate. */
  readonly certificates?: ClientCertificates | undefined;
  /** undefined = none is trusted. */
  readonly proxies?: TrustedProxies | undefined;
}

const CLIENT_CLOSED_REQUEST = 499;
/** Answers up to this size are not counted: a connection holds few of them, and there are only so many connections. */
const SMALL_ANSWER_BYTES = 16_384;

/** The head of a request as Node's parser gives it, whatever has read it. */
export type RequestHead = Pick<
  IncomingMessage,
  'method' | 'url' | 'headers' | 'rawHeaders' | 'httpVersion' | 'httpVersionMajor' | 'httpVersionMinor' | 'complete'
> &
  CredentialCarrier;

/** What is to be read of a body. `declaredBytes` undefined = only its end will tell; else at most `maxBytes`. */
export interface ExpectedBody {
  readonly declaredBytes: number | undefined;
  readonly maxBytes: number;
  /** See {@link RouteBody}. */
  readonly dataAt: number | undefined;
}

/** An exchange whose answer may also come bit by bit. */
export type StreamingExchange = HttpExchange & {
  /** What goes wrong before the first piece is answered as any error is. */
  stream(answer: WireStream): Promise<void>;
  /** Its body as it arrives; to be read once, and instead of {@link HttpExchange.collect}. */
  incoming(): AsyncIterable<Uint8Array>;
};

/** Where a request comes from and when. */
export interface Arrival {
  readonly head: RequestHead;
  /** Writes its errors until a route has taken it. */
  readonly dialect: Dialect;
  readonly receivedAt: number;
}

/**
 * One HTTP request, and what its answer says: status, headers, body. How its bytes come and go is up to what has read its head:
 * `node:http`, the fast path or the program that embeds the server.
 */
export abstract class HttpExchange<By extends Link = Link> implements PendingExchange, Exchange {
  abstract readonly req: RequestHead;
  readonly connection: By;
  readonly settlement: Settlement;
  /** The address of its client, and the transport. */
  readonly from: CallOrigin;
  /** The pattern of the route that took it; '' until then. */
  route = '';
  /** Writes its errors, and knows where its credential is: that of the route, before that of the listener. */
  dialect: Dialect;
  /** CORS headers for the answer. */
  corsHeaders: FlatHeaders = NO_HEADERS;
  protected readonly context: HttpContext;
  protected status = 0;

  constructor(context: HttpContext, connection: By, { head, dialect, receivedAt }: Arrival) {
    this.context = context;
    this.connection = connection;
    this.dialect = dialect;
    this.from = callOrigin(connection, head.headers);
    const peerAddress = connection.isHandedOver === true ? undefined : connection.from.remoteAddress;
    const arrived = { headers: head.headers, from: this.from, peerAddress, receivedAt };
    this.settlement = new Settlement(context, this, arrived);
    connection.add(this);
  }

  /** Its answer comes bit by bit, and has begun. */
  abstract get streaming(): boolean;

  /** Calls `done` once with the whole body, as sent. Throws, or answers, where the bytes cannot be held or do not come. */
  abstract collect(expected: ExpectedBody, done: (body: Uint8Array) => void): void;

  abstract probe(): void;

  abstract hurry(): void;

  abstract cutOff(): void;

  /** Sends an answer, and settles once the client has it. */
  protected abstract write(response: WireResponse, lengthBytes: number): void;

  /** True once an answer is on its way or nobody waits for one. */
  get answered(): boolean {
    return this.settlement.answered;
  }

  /** The call; of nobody until {@link enter} has said whose it is. */
  get call(): Call {
    return this.settlement.call;
  }

  /** How the client reached the server, e.g. `http://localhost:8000`. */
  get origin(): string {
    const { connection, req, prefix } = this;
    const origin = connection.originFor(req.headers.host);
    const scheme = connection.proxies === undefined ? undefined : forwardedScheme(req.headers);
    return (scheme === undefined ? origin : origin.replace(/^https?/, scheme)) + prefix;
  }

  /** The path below which a trusted proxy exposes this server; '' = at the root. */
  get prefix(): string {
    return this.connection.proxies === undefined ? '' : forwardedPrefix(this.req.headers);
  }

  /** Its caller, where the program that embeds the server has authenticated it; undefined = the credential tells. */
  get vouchedFor(): Principal | undefined {
    return undefined;
  }

  /** How its inferences are scheduled. */
  get priority(): CallPriority {
    return 'normal';
  }

  /** Whether another version of its model may answer where the one that it names is gone. */
  get takesOtherVersion(): boolean {
    return false;
  }

  /** The attempt of a job that it is. */
  get job(): JobRun | undefined {
    return undefined;
  }

  /** The longest that it may take, where its route sets no other limit. */
  get limitMs(): number {
    return this.context.options.requestTimeoutMs;
  }

  get dialectName(): string {
    return this.dialect.name;
  }

  get subject(): string {
    return `${this.req.method} ${this.req.url}`;
  }

  /**
   * Finds out who calls, and opens their call with its deadline: at once where that is known at once. `limitMs` is the longest that it
   * may take, and the deadline where the client sets none. Throws 400 when the client's own timeout is malformed.
   */
  enter(authenticate: Authenticate, limitMs = this.limitMs): Call | Promise<Call> {
    const { settlement, dialect } = this;
    const { headers } = this.req;
    const principal =
      this.vouchedFor ??
      authenticate(this.#credential(dialect.credentialHeaders), createPeer(this.connection, this.from, { headers }));
    // Nobody waits for it where the timeout is malformed.
    if (principal instanceof Promise) principal.catch(() => undefined);
    const timeoutMs = requestTimeoutMs(headers['x-request-timeout-ms'], limitMs);
    return principal instanceof Promise
      ? settlement.beginLater(principal, timeoutMs)
      : settlement.begin(principal, timeoutMs);
  }

  /** Answers. A successful body is compressed when `compressible`, the client asks for it and this is the place to do so. */
  send(response: WireResponse, compressible = false): void {
    if (this.answered) return;
    const accepted = this.req.headers['accept-encoding'];
    if (compressible && this.compresses && accepted !== undefined && response.status < 300) {
      const compression = responseCompression(accepted);
      if (compression !== undefined) {
        compressAnswer(response, compression).then(
          (compressed) => this.#answer(compressed),
          (error: unknown) => this.fail(error),
        );
        return;
      }
    }
    this.#answer(response);
  }

  /** Answers with an error; what was not foreseen is published with its stack and answered without it. */
  fail(thrown: unknown): void {
    this.settlement.fail(thrown);
  }

  writeError(error: MillraceError): void {
    // The rest of a body that is late is not waited for.
    if (error instanceof HttpError && error.status === 408) this.connection.closing = true;
    let response = errorResponse(error, this.dialect);
    const refusal = this.#holdAnswer(bodyBytes(response.body));
    if (refusal !== undefined) {
      this.settlement.breakOff(refusal);
      response = errorResponse(refusal, this.dialect);
    }
    if (isNotRun(error, this.call)) {
      response = { ...response, headers: { ...response.headers, [NOT_RUN_HEADER]: 'true' } };
    }
    this.#write(response, bodyBytes(response.body));
  }

  onClientGone(): void {
    const { settlement } = this;
    if (settlement.settled) return;
    this.leave();
    settlement.settle();
  }

  onSettled(): void {
    const { req, connection, settlement } = this;
    const url = req.url ?? '';
    const query = url.indexOf('?');
    this.context.events.publish('httpFinished', {
      method: req.method ?? '',
      route: this.route,
      path: query < 0 ? url : url.slice(0, query),
      status: this.status,
      requestBytes: settlement.requestBytes,
      responseBytes: settlement.responseBytes,
      remoteAddress: this.from.remoteAddress,
      durationMs: settlement.durationMs,
      call: settlement.call,
      error: settlement.error,
    });
    connection.remove(this);
  }

  /** The client is gone, or was cut off, and nobody reads the answer. */
  protected leave(): void {
    this.status = CLIENT_CLOSED_REQUEST;
    const { isStalled } = this.connection;
    this.settlement.leave(
      isStalled ? stalledMessage(this.sendTimeoutMs) : 'the client closed the connection before it had its answer',
    );
  }

  /** Headers of the answer but those that `node:http` adds itself; `lengthBytes` undefined = nobody knows yet. */
  protected headersOf(
    response: Omit<WireResponse, 'body'>,
    lengthBytes: number | undefined,
    close: boolean,
  ): readonly string[] {
    const headers: string[] = [];
    for (const name in response.headers) headers.push(name, this.#asSeen(name, response.headers[name] as string));
    // A page can make a browser show what is read by GET, and an error; other answers need a script that may read them.
    if (this.req.method !== 'POST' || response.status >= 400) headers.push('x-content-type-options', 'nosniff');
    if (lengthBytes !== undefined && response.status !== 204) headers.push('content-length', String(lengthBytes));
    headers.push('x-request-id', this.settlement.requestId);
    const { requestIdHeader } = this.dialect;
    if (requestIdHeader !== undefined) headers.push(requestIdHeader, this.settlement.requestId);
    if (this.context.options.timingHeaders) {
      headers.push('server-timing', formatServerTiming(this.call.timing, this.context.clock.now()));
    }
    for (const [name, value] of answererHeaders(this.call.timing)) headers.push(name, value);
    this.#addQuotas(headers);
    if (this.context.load !== undefined) this.#addLoad(headers, this.context.load);
    if (this.corsHeaders !== NO_HEADERS) headers.push(...this.corsHeaders);
    if (close) {
      headers.push('connection', 'close');
      this.connection.hasSaidClose = true;
      this.connection.closing = true;
    }
    return headers;
  }

  /** Answers may be compressed here: whatever takes them passes on the header that says so. */
  protected get compresses(): boolean {
    return true;
  }

  /** Whether the connection ends behind its answer. */
  protected get isLast(): boolean {
    const { connection } = this;
    return ((connection.closing && !connection.hasFarewell) || this.context.retiring()) && connection.isNewest(this);
  }

  /** How long the client may take nothing of its answer. */
  protected get sendTimeoutMs(): number {
    return patienceMs(this.context.options.sendTimeoutMs, this.context.draining());
  }

  /** Nobody reads it where there are no keys. */
  #credential(names: Dialect['credentialHeaders']): string | undefined {
    if (!this.context.requiresKey) return this.req.headers.authorization;
    refuseKeyInUrl(this.req.url ?? '');
    return credentialOf(this.req, names);
  }

  /** Puts the prefix of the proxy before the path of a `Location`. */
  #asSeen(name: string, value: string): string {
    return name === 'location' && value.startsWith('/') ? this.prefix + value : value;
  }

  #addQuotas(headers: string[]): void {
    const { quota } = this.call;
    if (quota.length === 0) return;
    for (const [name, value] of this.context.quotaHeaders.of(quota)) headers.push(name, value);
    const own = this.dialect.quotaHeaders?.(quota) ?? {};
    for (const name in own) headers.push(name, own[name] as string);
  }

  #addLoad(headers: string[], load: () => ServerLoad): void {
    const format = this.req.headers[LOAD_FORMAT_HEADER];
    if (typeof format !== 'string') return;
    const report = formatLoadReport(load(), format);
    if (report !== undefined) headers.push(LOAD_HEADER, report);
  }

  #answer(response: WireResponse): void {
    if (this.answered) return;
    const lengthBytes = bodyBytes(response.body);
    const refusal = this.#holdAnswer(lengthBytes);
    if (refusal !== undefined) {
      this.fail(refusal);
      return;
    }
    this.settlement.answer();
    this.#write(response, lengthBytes);
  }

  #write(response: WireResponse, lengthBytes: number): void {
    this.status = response.status;
    this.settlement.responseBytes = lengthBytes;
    try {
      this.write(response, lengthBytes);
    } catch (error) {
      // A header that HTTP does not allow, say. The connection is in no known state.
      this.settlement.publishFault(error);
      this.cutOff();
    }
  }

  /** Counts an answer until the client has taken it. Gives the error to answer with where there is no room. */
  #holdAnswer(lengthBytes: number): MillraceError | undefined {
    if (lengthBytes <= SMALL_ANSWER_BYTES) return undefined;
    // The request is no longer needed once it is answered: its bytes make room for those of the answer.
    this.settlement.free();
    return this.settlement.holdAnswer(lengthBytes);
  }
}
