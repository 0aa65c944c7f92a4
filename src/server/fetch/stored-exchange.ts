import { STATUS_CODES } from 'node:http';
import {
  type Call,
  type CallPriority,
  type CheckModel,
  invalidArgument,
  type JobRun,
  MillraceError,
  type Principal,
  type Usage,
} from '../../core/index.js';
import type { Authenticate } from '../../governance/index.js';
import type { Dialect, WireResponse, WireStream } from '../../protocols/index.js';
import { ArrivingBody } from '../http/arriving-body.js';
import { type ExpectedBody, type HttpContext, HttpExchange, type RequestHead } from '../http/exchange.js';
import type { FlatHeaders } from '../http/origin-guard.js';
import type { HandedOver } from './handed-over.js';
import { bytesOf } from './pulled-body.js';

/** How a stored request was answered. */
export interface StoredAnswer {
  readonly status: number;
  /** Each name before its value. */
  readonly headers: FlatHeaders;
  readonly body: Uint8Array;
  /** The error that the answer tells of; undefined = the request was answered as asked. */
  readonly error: MillraceError | undefined;
  /** A runner has had the request. */
  readonly hasRun: boolean;
  /** The runner died, which ran others, too, any of which may have caused that. */
  readonly diedWithOthers: boolean;
  /** undefined = the model does not say it. */
  readonly usage: Usage | undefined;
}

/** The caller of a stored request. */
export interface StoredCaller {
  readonly principal: Principal;
  /** Default: normal. */
  readonly priority?: CallPriority;
  /** Where the version that it names is gone, another one may answer. Default: false. */
  readonly takesOtherVersion?: boolean;
  /** An earlier attempt may have brought its runner down: this one shares it with no other request. Default: false. */
  readonly runsAlone?: boolean;
  /** The attempt of a job that it is. Default: of none. */
  readonly job?: JobRun;
  /** Default: any model may run. */
  readonly checkModel?: CheckModel;
  /** Longest time of the request. Default: `server.requestTimeoutMs`. */
  readonly limitMs?: number;
  /** An answer that comes bit by bit is refused. Default: it is taken as a whole. */
  readonly refusesStreams?: boolean;
  /** Gives it up; rejects with its reason. */
  readonly signal?: AbortSignal;
}

interface StoredSetup {
  readonly head: RequestHead;
  readonly body: Uint8Array;
  readonly dialect: Dialect;
  readonly caller: StoredCaller;
}

/** A request that was stored: its body is there, and its answer is taken as a whole. */
export class StoredExchange extends HttpExchange<HandedOver> {
  override readonly req: RequestHead;
  /** Rejects with the reason of the caller's signal once that is aborted, and where there can be no answer. */
  readonly answer: Promise<StoredAnswer>;
  readonly #body: Uint8Array;
  readonly #caller: StoredCaller;
  readonly #onAbort = () => this.#giveUp(this.#caller.signal?.reason);
  #resolve: (answer: StoredAnswer) => void = ignore;
  #reject: (reason: unknown) => void = ignore;

  constructor(context: HttpContext, link: HandedOver, { head, body, dialect, caller }: StoredSetup) {
    super(context, link, { head, dialect, receivedAt: context.clock.now() });
    this.req = head;
    this.#body = body;
    this.#caller = caller;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    caller.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  override get vouchedFor(): Principal {
    return this.#caller.principal;
  }

  override get priority(): CallPriority {
    return this.#caller.priority ?? 'normal';
  }

  override get takesOtherVersion(): boolean {
    return this.#caller.takesOtherVersion ?? false;
  }

  get runsAlone(): boolean {
    return this.#caller.runsAlone ?? false;
  }

  override get job(): JobRun | undefined {
    return this.#caller.job;
  }

  get checkModel(): CheckModel | undefined {
    return this.#caller.checkModel;
  }

  override get limitMs(): number {
    return this.#caller.limitMs ?? super.limitMs;
  }

  override get streaming(): boolean {
    return false;
  }

  /** Also where an answer that comes bit by bit has no limit: nobody would give it up. */
  override enter(authenticate: Authenticate): Call | Promise<Call> {
    return super.enter(authenticate, this.limitMs);
  }

  override collect(expected: ExpectedBody, done: (body: Uint8Array) => void): void {
    const arriving = new ArrivingBody(this, expected, done);
    arriving.add(this.#body);
    if (!this.answered) arriving.finish();
  }

  async *incoming(): AsyncGenerator<Uint8Array> {
    yield this.#body;
  }

  /** Takes an answer that comes bit by bit as a whole. */
  async stream({ status, headers, stream }: WireStream): Promise<void> {
    if (this.#caller.refusesStreams === true) {
      this.settlement.cancel(invalidArgument('a stored request is answered as a whole: do not ask for a stream'));
      return;
    }
    const pieces: Uint8Array[] = [];
    try {
      for await (const piece of stream) pieces.push(typeof piece === 'string' ? Buffer.from(piece) : piece);
      this.send({ status, headers, body: pieces });
    } catch (error) {
      this.fail(error);
    }
  }

  /** There is no client whose connection could be gone. */
  override probe(): void {}

  override hurry(): void {}

  override cutOff(): void {
    const { error, call } = this.settlement;
    this.#giveUp(error ?? call.cancelled ?? new MillraceError('internal', 'the server broke off the answer'));
  }

  override onSettled(): void {
    this.#caller.signal?.removeEventListener('abort', this.#onAbort);
    super.onSettled();
  }

  protected override get compresses(): boolean {
    return false;
  }

  protected override write(response: WireResponse, lengthBytes: number): void {
    const { error } = this.settlement;
    const headers = this.headersOf(response, lengthBytes, false);
    const { dequeuedAt, earlierAttempts, usage } = this.call.timing;
    const hasRun = dequeuedAt > 0 || earlierAttempts.some((attempt) => attempt.timing.dequeuedAt > 0);
    const body = bytesOf(response.body, lengthBytes);
    const { diedWithOthers } = this.call;
    this.#resolve({ status: response.status, headers, body, error, hasRun, diedWithOthers, usage });
    this.settlement.settle();
  }

  #giveUp(reason: unknown): void {
    this.onClientGone();
    this.#reject(reason);
  }
}

/** The answer as a `Response`. */
export function responseOf({ status, headers, body }: StoredAnswer): Response {
  const named = new Headers();
  for (let at = 0; at < headers.length; at += 2) named.append(headers[at] as string, headers[at + 1] as string);
  const hasBody = body.byteLength > 0 && !WITHOUT_BODY.includes(status);
  return new Response(hasBody ? new Uint8Array(body) : null, {
    status,
    statusText: STATUS_CODES[status] ?? '',
    headers: named,
  });
}

/** Answers with these have no body, and `Response` allows none. */
const WITHOUT_BODY: readonly number[] = [204, 205, 304];

function ignore(): void {}
