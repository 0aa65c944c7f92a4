import type { IncomingHttpHeaders } from 'node:http';
import {
  ANONYMOUS_OWNER,
  type BodyMemory,
  Call,
  type CallOrigin,
  type CallPriority,
  type CheckModel,
  type Expiring,
  type JobRun,
  MillraceError,
  NO_RIGHTS,
  type Principal,
  shuttingDown,
  type Timer,
  type Timing,
  type TraceContext,
  toMillraceError,
} from '../core/index.js';
import { HeldBytes } from './held-bytes.js';
import type { OpenRequest } from './open-requests.js';
import { STALLED_MS } from './patience.js';
import type { SettlementContext } from './settlement-context.js';

/** One request as its transport knows it, and how that answers it. All else about its end is up to its {@link Settlement}. */
export interface Exchange {
  /** What is asked for, for the log: `POST /v2/models/m/infer`. */
  readonly subject: string;
  /** How its inferences are scheduled. Default: normal. */
  readonly priority?: CallPriority;
  /** {@link Call.takesOtherVersion}. Default: false. */
  readonly takesOtherVersion?: boolean;
  /** {@link Call.runsAlone}. Default: false. */
  readonly runsAlone?: boolean;
  /** The attempt of a job that it is. Default: of none. */
  readonly job?: JobRun | undefined;
  /** Default: any model may run. */
  readonly checkModel?: CheckModel | undefined;
  /** Of its protocol. Default: '', as it is none's. */
  readonly dialectName?: string | undefined;
  /** Answers with an error. Called at most once, and never after {@link Settlement.answer}. */
  writeError(error: MillraceError): void;
  /** The server shuts down, and all of the request has come: does not wait for a client that does nothing. */
  hurry(): void;
  /** Ends it without a word more, and settles. */
  cutOff(): void;
  /** Ends the request where its client is too slow. Asked now and then, where nothing else notices. */
  check?(now: number): void;
  /** The request has settled. Called once: releases what else it holds, and publishes how it ended. */
  onSettled(): void;
}

/** The head of a request. */
export interface Arrived {
  readonly headers: IncomingHttpHeaders;
  readonly from: CallOrigin;
  /** Of the program at the other end of the connection: the client's, or a trusted proxy's. undefined = there is none. */
  readonly peerAddress: string | undefined;
  /** When its headers were there; default: now. */
  readonly receivedAt?: number;
}

/** Who calls where nobody has to say so: health, documentation, and what is refused before it comes to that. */
export const NOBODY: Principal = {
  name: 'anonymous',
  id: 'anonymous',
  ownerId: ANONYMOUS_OWNER,
  groups: [],
  rights: NO_RIGHTS,
};

/**
 * One request from its headers to its end, whatever transport it comes by: who calls and for how long, which bytes it holds,
 * whether it is answered, what went wrong. It is answered at most once, settles exactly once, and holds nothing after that.
 */
export class Settlement implements Expiring, OpenRequest {
  previous: OpenRequest | undefined;
  next: OpenRequest | undefined;
  readonly requestId: string;
  readonly receivedAt: number;
  requestBytes = 0;
  responseBytes = 0;
  readonly #context: SettlementContext;
  readonly #exchange: Exchange;
  readonly #headers: IncomingHttpHeaders;
  readonly #from: CallOrigin;
  readonly #peerAddress: string | undefined;
  #call: Call | undefined;
  #error: MillraceError | undefined;
  #answered = false;
  #settled = false;
  readonly #held: HeldBytes;
  /** Where its body lies, if not in memory of its own. */
  #body: Uint8Array | undefined;
  #watch: number | undefined;
  #arriving = false;
  /** The next check whether the request still arrives, when the server shuts down. */
  #stall: Timer | undefined;

  constructor(context: SettlementContext, exchange: Exchange, { headers, from, peerAddress, receivedAt }: Arrived) {
    this.#context = context;
    this.#exchange = exchange;
    this.#headers = headers;
    this.#from = from;
    this.#peerAddress = peerAddress;
    this.#held = new HeldBytes(context);
    this.receivedAt = receivedAt ?? context.clock.now();
    this.requestId = context.requestId(headers['x-request-id']);
    context.open.add(this);
  }

  /** True once an answer is on its way or nobody waits for one. */
  get answered(): boolean {
    return this.#answered;
  }

  get settled(): boolean {
    return this.#settled;
  }

  /** What went wrong; undefined = nothing so far. */
  get error(): MillraceError | undefined {
    return this.#error;
  }

  /** Of the server's budget. */
  get heldBytes(): number {
    return this.#held.bytes;
  }

  /** More of the request is to come, and waited for. */
  get arriving(): boolean {
    return this.#arriving && !this.#answered;
  }

  /** How long it has taken so far. */
  get durationMs(): number {
    return this.#context.clock.now() - this.receivedAt;
  }

  /** The call; of nobody until {@link begin} has said whose it is. */
  get call(): Call {
    this.#call ??= this.#createCall(NOBODY, Number.POSITIVE_INFINITY);
    return this.#call;
  }

  get principal(): Principal | undefined {
    return this.#call?.principal;
  }

  get deadlineAt(): number {
    return this.call.deadlineAt;
  }

  get timing(): Timing {
    return this.call.timing;
  }

  /**
   * Opens the call of `principal`, who gives up `timeoutMs` after the request was received. Its deadline is watched from here until it
   * settles, or until {@link unwatch}.
   */
  begin(principal: Principal, timeoutMs: number): Call {
    this.unwatch();
    this.#call = this.#createCall(principal, this.receivedAt + timeoutMs);
    this.#call.timing.authenticatedAt = this.#context.clock.now();
    this.#held.moveTo(principal);
    this.#watch = this.#context.deadlines.watch(this);
    return this.#call;
  }

  /**
   * The same where it takes a while to find out who calls. Meanwhile the request ends as any other, by the same deadline and after
   * `requestTimeoutMs` at the latest; it rejects where nobody waits for an answer any more.
   */
  async beginLater(principal: Promise<Principal>, timeoutMs: number): Promise<Call> {
    this.begin(NOBODY, Math.min(timeoutMs, this.#context.options.requestTimeoutMs));
    const found = await principal;
    if (this.#answered) throw new MillraceError('cancelled', 'the client is gone');
    return this.begin(found, timeoutMs);
  }

  /** What is asked for may take longer than a request may. */
  unwatch(): void {
    if (this.#watch === undefined) return;
    this.#context.deadlines.unwatch(this.#watch);
    this.#watch = undefined;
  }

  /** More of the request is to come; while the server shuts down, it may not stop arriving. */
  expectMore(): void {
    this.#arriving = true;
    if (this.#context.draining()) this.hurry();
  }

  /** The rest of the body may come from now on, and not too slowly. */
  watchArrival(): void {
    if (this.arriving) this.#context.arrivals.watch(this);
  }

  /** The request is complete, or nobody waits for the rest. */
  expectNoMore(): void {
    if (this.#arriving) this.#context.arrivals.forget(this);
    this.#arriving = false;
    this.#stall?.clear();
    this.#stall = undefined;
  }

  /** The server shuts down: does not wait for a client that neither sends nor takes anything. */
  hurry(): void {
    if (!this.arriving) this.#exchange.hurry();
    else if (this.#stall === undefined) this.#awaitMore();
  }

  cutOff(): void {
    if (!this.#settled) this.#exchange.cutOff();
  }

  /** Ends the request where it has gone on for longer than it may. */
  check(now: number): void {
    this.#exchange.check?.(now);
  }

  /** Largest body that its principal may send. */
  get maxBodyBytes(): number {
    return this.#context.shares?.maxBytes ?? Number.POSITIVE_INFINITY;
  }

  /** Counts bytes that are still to come against the share of its principal; throws when that is used up. */
  reserve(bytes: number): void {
    this.#held.reserve(bytes, this.call.principal);
  }

  /** Counts bytes against the server's budget until {@link free} or the end; throws when that is used up or nobody waits. */
  hold(bytes: number): void {
    if (this.#answered) throw new MillraceError('cancelled', 'the client is gone');
    this.#held.hold(bytes, this.call.principal);
  }

  /** The same for an answer: many that nobody reads are many bytes. Gives the error to answer with where there is no room. */
  holdAnswer(bytes: number): MillraceError | undefined {
    if (this.#settled) return new MillraceError('cancelled', 'the client is gone');
    return this.#held.holdAnswer(bytes, this.call.principal);
  }

  /**
   * Memory for its body that others get once it has settled, and nobody else holds it; see {@link BodyMemory.claim}. Counts
   * against no budget: it is bounded, and what comes into it is held.
   */
  claim(sizeBytes: number, dataAt: number): Uint8Array | undefined {
    if (this.#settled || this.#body !== undefined) return undefined;
    this.#body = this.#context.bodies?.claim(sizeBytes, dataAt);
    return this.#body;
  }

  /** The same for memory that was claimed before there was a request. */
  adopt(body: Uint8Array | undefined): void {
    this.#body = body;
  }

  /** Releases all that is held: what it was held for is no longer needed. */
  free(): void {
    this.#held.free();
  }

  /** An answer is on its way, and there will be no other. */
  answer(): void {
    this.#answered = true;
  }

  /** Answers with an error, unless there is an answer; what was not foreseen is published with its stack and answered without it. */
  fail(thrown: unknown): void {
    const error = this.#foreseen(thrown);
    if (this.#answered) return;
    this.#answered = true;
    this.#error = error;
    this.#exchange.writeError(error);
  }

  /** It ends in an error, though an answer is on its way. */
  breakOff(thrown: unknown): void {
    this.#error = this.#foreseen(thrown);
  }

  /** Nobody waits for the answer any more. `message` is for the log. */
  leave(message: string): void {
    this.#answered = true;
    this.#error = new MillraceError('cancelled', message);
    this.call.cancel(this.#error);
  }

  /** Gives up on the call, because of its deadline or at shutdown; its answer says why. */
  cancel(reason: MillraceError): void {
    this.call.cancel(reason);
    // What holds the call answers in a moment; what nobody holds has to be answered here.
    this.#context.clock.defer(() => this.fail(reason));
  }

  /** The answer has left, or its client has. Whatever else is done for it ends. */
  settle(): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#answered = true;
    this.unwatch();
    this.expectNoMore();
    this.free();
    this.#context.open.remove(this);
    this.#exchange.onSettled();
    this.call.end();
    if (this.#body !== undefined) this.#context.bodies?.release(this.#body);
  }

  /** Tells the log of what nobody has foreseen. */
  publishFault(error: unknown): void {
    this.#context.events.publish('diagnostic', {
      level: 'error',
      room: 'server',
      message: `${this.#exchange.subject} failed unexpectedly`,
      fields: { requestId: this.requestId },
      error,
    });
  }

  /** Ends the request once nothing more of it has come for a while. */
  #awaitMore(): void {
    const { requestBytes } = this;
    this.#stall = this.#context.clock.setTimer(STALLED_MS, () => {
      if (!this.arriving) return;
      if (this.requestBytes === requestBytes) this.fail(shuttingDown());
      else this.#awaitMore();
    });
  }

  #createCall(principal: Principal, deadlineAt: number): Call {
    const { requestId, receivedAt } = this;
    return new Call({
      requestId,
      principal,
      trace: this.#traceFor(principal),
      deadlineAt,
      receivedAt,
      metadata: this.#headers,
      from: this.#from,
      priority: this.#exchange.priority ?? 'normal',
      takesOtherVersion: this.#exchange.takesOtherVersion ?? false,
      runsAlone: this.#exchange.runsAlone ?? false,
      job: this.#exchange.job,
      checkModel: this.#exchange.checkModel,
      dialect: this.#exchange.dialectName,
    });
  }

  /** A caller who turns out to be trusted continues a trace of its own; any other goes on with the one that has been opened. */
  #traceFor(principal: Principal): TraceContext {
    const opened = this.#call?.trace;
    const { traces } = this.#context;
    if (opened !== undefined && !traces.trusts(principal)) return opened;
    return traces.open(this.#headers, principal, this.#peerAddress);
  }

  #foreseen(thrown: unknown): MillraceError {
    const error = toMillraceError(thrown);
    // A MillraceError is what somebody foresaw, a model that raises included; the access log tells of it.
    if (error !== thrown) this.publishFault(thrown);
    return error;
  }
}
