import {
  type Call,
  type Clock,
  type InferResponse,
  type MillraceError,
  type ModelRef,
  type Tensor,
  toMillraceError,
} from '../core/index.js';
import { readPrepared, readPreparedAnswer } from '../runtimes/index.js';
import { ModelDownError } from './admission.js';
import { type CheckedRequest, checkRequest } from './check-request.js';
import type { RequestRules } from './request-rules.js';
import { runRows, withPrepared } from './row-requests.js';
import type { Scheduler } from './scheduler.js';
import type { StatisticsCounter } from './statistics.js';
import { type GrantCredit, NO_CREDIT, type Sink, type Submission } from './types.js';

export interface PreparationOptions {
  readonly ref: ModelRef;
  /** Of the model. */
  readonly rules: RequestRules;
  /** Of the model's preparer. */
  readonly preparers: Pick<Scheduler, 'submit' | 'retire' | 'idle' | 'settled' | 'abort' | 'queuedBytes'>;
  readonly clock: Clock;
  /** Of the model: requests that are not prepared count as failed, those whose rows run apart as they end. */
  readonly statistics: Pick<StatisticsCounter, 'success' | 'failure'>;
  /** Throws where the model would refuse a request now, with so many being prepared already. */
  readonly checkRoom: (submission: Submission, preparing: number) => void;
  /** Whether further rows of a request that waits may join it in the queue. */
  readonly hasSpareRoom: (submission: Submission) => boolean;
  /** Takes a request once it is prepared. */
  readonly next: (submission: Submission) => GrantCredit;
  /** No instance of the model is up. */
  readonly isDown: () => boolean;
}

type Take = (submission: Submission) => GrantCredit;

/** Has requests prepared before they are queued for their model. The preparer has a scheduler as any model has. */
export class Preparation {
  readonly #options: PreparationOptions;
  #requests = 0;
  #heir: Take | undefined;

  constructor(options: PreparationOptions) {
    this.#options = options;
  }

  /** Requests that are not prepared yet. */
  get requests(): number {
    return this.#requests;
  }

  /** Of the requests that wait for the preparer. */
  get queuedBytes(): number {
    return this.#options.preparers.queuedBytes;
  }

  /** Checks a request and has it prepared, or ends it at once with the reason. Never throws. */
  submit(submission: Submission): GrantCredit {
    const { rules, preparers, clock, checkRoom } = this.#options;
    const { request, call, sink } = submission;
    let checked: CheckedRequest;
    try {
      checked = submission.checked ?? checkRequest(rules, request);
      checkRoom(submission, this.#requests);
    } catch (error) {
      sink.onEnd(toMillraceError(error));
      return NO_CREDIT;
    }
    call.timing.enqueuedAt ||= clock.now();
    call.timing.prepareMs = 0;
    this.#requests++;
    const child = call.child({ receivedAt: clock.now(), isPart: true });
    // What comes from another generation has waited there.
    child.timing.enqueuedAt = call.timing.enqueuedAt;
    const preparing = new PreparedSink({
      ...this.#options,
      submission: { ...submission, checked },
      child,
      heir: () => this.#heir,
      onOver: () => {
        this.#requests--;
      },
    });
    // What it answers with has names of its own.
    preparers.submit({ ...submission, checked: { ...checked, outputs: undefined }, call: child, sink: preparing });
    preparing.isAdmitted = true;
    return (answers) => preparing.grant(answers);
  }

  /** No process is started again: once the preparer, or the model's last instance, is gone, `take` gets the requests. */
  retire(take: Take): void {
    this.#heir = take;
    this.#options.preparers.retire(({ sink, suspect, movesOn }) => {
      // Only this has given it any.
      (sink as PreparedSink).handOver(take, {
        ...(movesOn && { movesOn }),
        ...(suspect && { suspect: { ...suspect, wasPreparing: true } }),
      });
      return NO_CREDIT;
    });
  }

  /** Resolves when the preparer does nothing, and all that it was to prepare is with the model. */
  idle(): Promise<void> {
    return this.#options.preparers.idle();
  }

  /** Resolves when every request has left the preparer. */
  settled(): Promise<void> {
    return this.#options.preparers.settled();
  }

  /** Ends every request that is not prepared. */
  abort(error: MillraceError): void {
    this.#options.preparers.abort(error);
  }
}

interface PreparedSinkOptions extends PreparationOptions {
  readonly submission: Submission & { readonly checked: CheckedRequest };
  /** The call under which it is prepared. */
  readonly child: Call;
  readonly heir: () => Take | undefined;
  /** It is not being prepared any more. */
  readonly onOver: () => void;
}

/** What becomes of a request that is being prepared. */
class PreparedSink implements Sink {
  /** The preparer's queue has taken it. */
  isAdmitted = false;
  readonly #options: PreparedSinkOptions;
  #response: InferResponse | undefined;
  /** Of the model, once it has the request. */
  #grant: GrantCredit | undefined;
  #granted = 0;

  constructor(options: PreparedSinkOptions) {
    this.#options = options;
  }

  onResponse(response: InferResponse): void {
    this.#response = response;
  }

  onEnd(error: MillraceError | undefined): void {
    this.#leave();
    // The preparer's scheduler gives back the memory of the request first, which the model's takes then.
    if (error === undefined) queueMicrotask(() => this.#move());
    else this.#fail(error);
  }

  grant(answers: number): void {
    if (this.#grant === undefined) this.#granted += answers;
    else this.#grant(answers);
  }

  /** Another generation prepares it. */
  handOver(take: Take, more: Pick<Submission, 'movesOn' | 'suspect'>): void {
    this.#leave();
    this.#pass(take, more);
  }

  #move(): void {
    const { submission, next, heir, isDown } = this.#options;
    const { suspect, movesOn } = submission;
    const take = isDown() ? heir() : undefined;
    if (take !== undefined) {
      this.#pass(take, { ...(movesOn && { movesOn }), ...(suspect && { suspect }) });
      return;
    }
    // Not kept while the request runs: the answer is a view into a frame.
    const { outputs = [] } = this.#response ?? {};
    this.#response = undefined;
    const { checked, suspect: suspected, ...plain } = submission;
    const isSuspect = suspected !== undefined && suspected.wasPreparing !== true;
    const admitted = { ...plain, checked, ...(isSuspect && { suspect: suspected }) };
    try {
      const answer = readPreparedAnswer(outputs);
      if (answer !== undefined) {
        this.#answer(answer);
        return;
      }
      const prepared = readPrepared(outputs);
      const [first] = prepared;
      if (prepared.length > 1) runRows(admitted, { ...this.#options, prepared });
      else if (first !== undefined) this.#granting(next({ ...admitted, checked: withPrepared(checked, first) }));
    } catch (error) {
      this.#fail(toMillraceError(error));
    }
  }

  /** The model is not asked. */
  #answer(answer: Tensor): void {
    const { submission, statistics, clock, child, ref } = this.#options;
    const { call, sink, request } = submission;
    call.timing.dequeuedAt ||= child.timing.dequeuedAt;
    call.timing.startedAt ||= child.timing.startedAt;
    statistics.success(call.timing, clock.now());
    sink.onResponse({ ref, id: request.id, outputs: [answer], parameters: {} });
    sink.onEnd(undefined);
  }

  #fail(error: MillraceError): void {
    const { submission, child, statistics, clock } = this.#options;
    const { timing } = submission.call;
    // What was not admitted has not failed.
    if (this.isAdmitted) statistics.failure(timing, clock.now());
    // A preparer has had it, so that it runs nowhere else.
    if (!(error instanceof ModelDownError)) timing.dequeuedAt ||= child.timing.dequeuedAt;
    submission.sink.onEnd(error);
  }

  #pass(take: Take, more: Pick<Submission, 'movesOn' | 'suspect'>): void {
    const { request, call, sink } = this.#options.submission;
    this.#granting(take({ request, call, sink, ...more }));
  }

  #granting(grant: GrantCredit): void {
    this.#grant = grant;
    if (this.#granted > 0) grant(this.#granted);
  }

  #leave(): void {
    const { submission, child, onOver } = this.#options;
    onOver();
    submission.call.timing.prepareMs = child.timing.computeInferMs;
    child.end();
  }
}
