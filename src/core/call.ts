import type { Principal } from './access.js';
import type {
  CallAccount,
  CallContext,
  CallMetadata,
  CallOrigin,
  CallPriority,
  CheckModel,
  Deferral,
  JobRun,
} from './call-context.js';
import { MillraceError } from './errors.js';
import type { QuotaSource, QuotaStanding } from './quota.js';
import { createTiming, type Timing } from './timing.js';
import { childTrace, detachedTrace, type TraceContext } from './trace.js';

const NOWHERE: CallOrigin = Object.freeze({ remoteAddress: '', transport: '' });

const NO_METADATA: CallMetadata = Object.freeze({});

/** Defaults: called by no model, priority `normal`, the principal's account, no metadata, no routing key, from nowhere outside. */
export interface CallOptions
  extends Pick<CallContext, 'requestId' | 'principal' | 'trace' | 'deadlineAt'>,
    Partial<Pick<CallContext, 'callers' | 'priority' | 'account' | 'metadata' | 'routingKey' | 'from'>> {
  readonly receivedAt: number;
  /** Default: of no job. */
  readonly job?: JobRun | undefined;
  /** Default: any model may run. */
  readonly checkModel?: CheckModel | undefined;
  /** Default: '', as it comes by no protocol. */
  readonly dialect?: string | undefined;
  /** The call from outside that it is a part of; default: itself. */
  readonly origin?: Call;
  /** Default: false. */
  readonly takesOtherVersion?: boolean;
  /** Default: false. */
  readonly runsAlone?: boolean;
}

/** What a child call has that its parent has not; everything else it inherits. */
export interface ChildOptions {
  readonly receivedAt: number;
  /** Default, and at most: the parent's. */
  readonly deadlineAt?: number;
  /** The model that calls. */
  readonly caller?: string;
  /** Default: the parent's. A call in the background makes no normal calls. */
  readonly priority?: 'background';
  /** A part of what an attempt of the parent does, without spans of its own. Default: false. */
  readonly isPart?: boolean;
}

/** Of a call that no client has made. */
export interface CallSource {
  readonly receivedAt: number;
  /** Default: a random one. */
  readonly requestId?: string | undefined;
  /** Default: never. */
  readonly deadlineAt?: number;
}

interface DetachedOptions extends Pick<CallOptions, 'receivedAt' | 'deadlineAt'> {
  readonly account: CallAccount;
}

const NO_CALLERS: readonly string[] = Object.freeze([]);
const NO_STANDINGS: readonly QuotaStanding[] = Object.freeze([]);

/**
 * The handle of one call from its first byte to its settlement: its context, and how it is cancelled, ended, timed and divided into calls
 * of its own. Cancellation is a plain callback because an AbortSignal costs as much as the rest of a small request; {@link Call.signal}
 * makes one where it is needed.
 */
export class Call implements CallContext {
  readonly requestId: string;
  readonly principal: Principal;
  readonly trace: TraceContext | undefined;
  readonly deadlineAt: number;
  readonly timing: Timing;
  readonly callers: readonly string[];
  readonly priority: CallPriority;
  readonly account: CallAccount;
  readonly routingKey: string | undefined;
  readonly from: CallOrigin;
  readonly metadata: CallMetadata;
  /** The call from outside that it is a part of, or itself. */
  readonly origin: Call;
  /** Where the version that it names by a number is gone, the one that answers for the model runs in its place. */
  readonly takesOtherVersion: boolean;
  /** Of an {@link origin}: it may bring its runner down, and so shares it with no other request. */
  readonly runsAlone: boolean;
  /** The attempt of a job that it is; undefined = of none. */
  readonly job: JobRun | undefined;
  /** undefined = any model may run. */
  readonly checkModel: CheckModel | undefined;
  /** The protocol of an {@link origin}: `oip`, `openai`; '' = of none. */
  readonly dialect: string;
  /** Of a request that is to be stored in place of being run; undefined = its inferences run. */
  deferral: Deferral | undefined = undefined;
  /** Of an {@link origin}: a runner has been given a part of its inferences; undefined = it has asked for none. */
  hasRun: boolean | undefined = undefined;
  /** Of an {@link origin}: what is remembered until its end is known, by the room that records traces. */
  noted: unknown = undefined;
  /** Of an {@link origin}: the runner that died last while it ran a part of it ran others, too, any of which may have caused that. */
  diedWithOthers = false;
  #parent: Call | undefined;
  /** Those that are open. */
  #children: Set<Call> | undefined;
  #quota: QuotaSource | undefined;
  #place: (() => void) | undefined;
  #cancelled: MillraceError | undefined;
  #ended = false;
  #onCancel: ((reason: MillraceError) => void) | undefined;
  #controller: AbortController | undefined;

  constructor(options: CallOptions) {
    this.requestId = options.requestId;
    this.principal = options.principal;
    this.trace = options.trace;
    this.deadlineAt = options.deadlineAt;
    this.timing = createTiming(options.receivedAt);
    this.callers = options.callers ?? NO_CALLERS;
    this.priority = options.priority ?? 'normal';
    this.account = options.account ?? 'principal';
    this.routingKey = options.routingKey;
    this.metadata = options.metadata ?? NO_METADATA;
    this.origin = options.origin ?? this;
    this.from = options.from ?? NOWHERE;
    this.takesOtherVersion = options.takesOtherVersion ?? false;
    this.runsAlone = options.runsAlone ?? false;
    this.job = options.job;
    this.checkModel = options.checkModel;
    this.dialect = options.dialect ?? '';
  }

  /** Opens a call that no client has made: for the program that embeds the server, for a file that has changed, for work that was stored. */
  static of(principal: Principal, source: CallSource): Call {
    const { requestId = crypto.randomUUID(), deadlineAt = Number.POSITIVE_INFINITY, receivedAt } = source;
    return new Call({ requestId, principal, trace: undefined, deadlineAt, receivedAt });
  }

  /**
   * Opens a call on behalf of this one: of the same principal and request, one span further in the same trace. It is cancelled with its
   * parent, or at once where that has been cancelled or has ended, and is to be {@link end}ed.
   */
  child({ receivedAt, deadlineAt = Number.POSITIVE_INFINITY, caller, priority, isPart }: ChildOptions): Call {
    const child = new Call({
      requestId: this.requestId,
      principal: this.principal,
      trace: isPart === true ? this.trace : this.#childTrace(caller !== undefined),
      deadlineAt: Math.min(this.deadlineAt, deadlineAt),
      receivedAt,
      callers: caller === undefined ? this.callers : [...this.callers, caller],
      priority: this.priority === 'background' ? this.priority : (priority ?? 'normal'),
      account: this.account,
      routingKey: this.routingKey,
      metadata: this.metadata,
      origin: this.origin,
      from: this.from,
    });
    if (this.#cancelled !== undefined || this.#ended) {
      child.cancel(this.#cancelled ?? requestEnded());
    } else {
      child.#parent = this;
      this.#children ??= new Set();
      this.#children.add(child);
    }
    return child;
  }

  /**
   * Opens a call that outlives this one: of the same principal and request, in a trace of its own that is linked to this one's, in the background,
   * and without its metadata. Nothing that ends this one ends it; it is to be {@link end}ed.
   */
  detached({ receivedAt, deadlineAt, account }: DetachedOptions): Call {
    return new Call({
      requestId: this.requestId,
      principal: this.principal,
      trace: this.trace && detachedTrace(this.trace),
      deadlineAt,
      receivedAt,
      callers: this.callers,
      priority: 'background',
      account,
      routingKey: this.routingKey,
      from: this.from,
    });
  }

  /** What is left to its caller of quotas, asked when the answer is written; none where no quota is about it. */
  get quota(): readonly QuotaStanding[] {
    return this.#quota?.standings() ?? NO_STANDINGS;
  }

  /** It counts against quotas, and so do those for which it is called. */
  countsAgainst(quota: QuotaSource): void {
    this.#quota = quota;
    this.#parent?.countsAgainst(quota);
  }

  /** Something is reserved for it until {@link leavePlace}, or its end. */
  holdPlace(leave: () => void): void {
    if (this.#ended) leave();
    else this.#place = leave;
  }

  /** Releases that, where it is still reserved: what comes in its place is reserved in the same turn. */
  leavePlace(): void {
    const leave = this.#place;
    this.#place = undefined;
    leave?.();
  }

  /** Children that have neither ended nor been cancelled. */
  get openChildren(): number {
    return this.#children?.size ?? 0;
  }

  /** Why the call was cancelled, or undefined while somebody still waits for it. */
  get cancelled(): MillraceError | undefined {
    return this.#cancelled;
  }

  /**
   * Gives up on the call and its children: the client left, the deadline passed or the server ends. Only the first reason counts, and
   * none once it has ended.
   */
  cancel(reason: MillraceError): void {
    if (this.#cancelled === undefined && !this.#ended) this.#giveUp(reason);
  }

  /** Gives up on what was called on behalf of this one and is still open. Default reason: its own, or that it has ended. */
  cancelChildren(reason?: MillraceError): void {
    const children = this.#children;
    if (children === undefined || children.size === 0) return;
    this.#children = undefined;
    const why = reason ?? this.#cancelled ?? requestEnded();
    // One of them may end or cancel others.
    for (const child of children) child.cancel(why);
  }

  /**
   * The call is settled: its parent forgets it, and what is still open of its children is cancelled. So is whoever still holds it, or
   * takes hold of it later. May be repeated.
   */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.leavePlace();
    if (this.#onCancel !== undefined) {
      this.#giveUp(requestEnded());
      return;
    }
    this.#unlink();
    this.cancelChildren();
  }

  /** Registers the one party that holds the call now; a later registration takes over, `undefined` releases it. */
  onCancel(listener: ((reason: MillraceError) => void) | undefined): void {
    if (listener !== undefined && this.#ended) this.#cancelled ??= requestEnded();
    if (listener !== undefined && this.#cancelled !== undefined) listener(this.#cancelled);
    else this.#onCancel = listener;
  }

  /** The cancellation as an AbortSignal; made on first use. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#cancelled !== undefined) this.#controller.abort(this.#cancelled);
    }
    return this.#controller.signal;
  }

  /** Of a call that the running attempt makes, or of one beside it. */
  #childTrace(isOfAttempt: boolean): TraceContext | undefined {
    return this.trace && childTrace(this.trace, isOfAttempt ? this.timing.earlierAttempts.length : undefined);
  }

  #giveUp(reason: MillraceError): void {
    this.#cancelled = reason;
    this.#unlink();
    const listener = this.#onCancel;
    this.#onCancel = undefined;
    listener?.(reason);
    this.#controller?.abort(reason);
    this.cancelChildren(reason);
  }

  #unlink(): void {
    const parent = this.#parent;
    if (parent === undefined) return;
    this.#parent = undefined;
    parent.#children?.delete(this);
  }
}

/** Nobody works for a call that is settled, and what is asked on its behalf does not outlive it. */
function requestEnded(): MillraceError {
  return new MillraceError('cancelled', 'the request for which it was made has ended');
}
