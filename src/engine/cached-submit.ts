import {
  type Call,
  type Clock,
  type InferRequest,
  type InferResponse,
  type Message,
  type MillraceError,
  type ModelRef,
  toMillraceError,
} from '../core/index.js';
import { bytesFull, queueFull } from './admission.js';
import { cacheKey, MAX_KEYED_BYTES } from './cache-key.js';
import { type CheckedRequest, checkRequest } from './check-request.js';
import type { Holdings } from './holdings.js';
import type { RequestRules } from './request-rules.js';
import { copyAnswer, type ResponseCache } from './response-cache.js';
import type { StatisticsCounter } from './statistics.js';
import { type GrantCredit, NO_CREDIT, type Sink, type Submission } from './types.js';

/** Sends a request on to the scheduler. */
type Submit = (submission: Submission) => void;

export interface CachedSubmitOptions {
  readonly ref: ModelRef;
  readonly mention: Message;
  readonly cache: ResponseCache;
  /** Who shares cached answers and requests in flight: calls of the same owner, or all. */
  readonly share: 'principal' | 'all';
  /** How long answers are good for; 0 = as long as there is room. */
  readonly ttlMs: number;
  readonly rules: RequestRules;
  readonly holdings: Holdings;
  /** Requests that may wait for the answer of one. */
  readonly maxWaiting: number;
  readonly statistics: StatisticsCounter;
  readonly clock: Clock;
  readonly submit: Submit;
}

/** A request that waits for the answer of an equal one. */
interface Waiter {
  readonly submission: Submission;
  readonly checked: CheckedRequest;
}

/** A request that the cache has answered for an owner. */
interface Answered {
  readonly ownerId: string;
  readonly key: string;
  readonly checked: CheckedRequest;
}

/** A request that is being computed, and those that want the same answer. */
interface Flight {
  readonly priority: number;
  readonly waiters: Waiter[];
}

/**
 * Answers requests from the cache, lets equal ones that come at the same time wait for one of them, and hands the others
 * on. When the one that is computed fails the others run themselves; when its caller has left, the next one takes over.
 */
export class CachedSubmit {
  readonly #options: CachedSubmitOptions;
  readonly #flights = new Map<string, Flight>();
  /** Requests that the cache has answered: a protocol may hand in the same object again. */
  readonly #answered = new WeakMap<InferRequest, Answered>();
  #closed = false;

  constructor(options: CachedSubmitOptions) {
    this.#options = options;
  }

  /** As the scheduler's: every outcome arrives at the sink, and it never throws. */
  submit(submission: Submission): GrantCredit {
    this.#submit(submission);
    return NO_CREDIT;
  }

  #submit(submission: Submission): void {
    const { ref, rules, submit } = this.#options;
    const { request, call, sink } = submission;
    const ownerId = this.#ownerOf(call);
    if (request.sequence !== undefined || call.cancelled !== undefined) {
      submit(submission);
      return;
    }
    const startedAt = this.#options.clock.now();
    const known = this.#answered.get(request);
    if (known?.ownerId === ownerId) {
      this.#look(known.key, { submission, checked: known.checked }, startedAt);
      return;
    }
    let checked: CheckedRequest;
    try {
      checked = checkRequest(rules, request);
    } catch (error) {
      sink.onEnd(toMillraceError(error));
      return;
    }
    if (checked.sizeBytes > MAX_KEYED_BYTES) submit({ ...submission, checked });
    else
      this.#look(
        cacheKey({ generation: ref.generation, ownerId }, request, checked),
        { submission, checked },
        startedAt,
      );
  }

  /** Ends those that wait, and gives the memory back. */
  close(error: MillraceError): void {
    this.#closed = true;
    for (const { waiters } of this.#flights.values()) {
      for (const waiter of waiters.splice(0)) this.#end(waiter, error);
    }
    this.#options.cache.forget(this.#options.ref.generation);
  }

  /** The owner whose answers a call may get; '' = every owner. */
  #ownerOf({ principal }: Call): string {
    return this.#options.share === 'all' ? '' : principal.ownerId;
  }

  #look(key: string, waiter: Waiter, startedAt: number): void {
    const { cache, share, clock } = this.#options;
    const { request, call } = waiter.submission;
    call.timing.cacheIsShared = share === 'all';
    const answer = cache.find(key, startedAt);
    const now = clock.now();
    call.timing.cacheMs = now - startedAt;
    if (answer !== undefined) {
      call.timing.enqueuedAt = now;
      this.#answered.set(request, { ownerId: this.#ownerOf(call), key, checked: waiter.checked });
      this.#answer(waiter, { ref: this.#options.ref, id: request.id, ...answer });
      return;
    }
    const flight = this.#flights.get(key);
    if (flight !== undefined && mayWait(flight, waiter.submission)) this.#wait(flight, waiter);
    else this.#run(key, waiter, flight === undefined);
  }

  #wait({ waiters }: Flight, waiter: Waiter): void {
    const { mention, holdings, maxWaiting, clock } = this.#options;
    const { call, sink } = waiter.submission;
    if (waiters.length >= maxWaiting) {
      sink.onEnd(queueFull(mention, { maxRequests: maxWaiting }));
      return;
    }
    const full = holdings.take(waiter.checked);
    if (full !== undefined) {
      sink.onEnd(bytesFull(full, waiter.checked.sizeBytes));
      return;
    }
    call.timing.enqueuedAt = clock.now();
    waiters.push(waiter);
    call.onCancel((reason) => {
      waiters.splice(waiters.indexOf(waiter), 1);
      this.#end(waiter, reason);
    });
  }

  /** Has it computed; with `leads` others may wait for its answer. */
  #run(key: string, { submission, checked }: Waiter, leads: boolean): void {
    const { cache, ttlMs, submit, statistics } = this.#options;
    const flight: Flight = { priority: submission.request.priority, waiters: [] };
    if (leads) this.#flights.set(key, flight);
    const { call } = submission;
    call.timing.cache = 'miss';
    let answer: InferResponse | undefined;
    const sink: Sink = {
      onResponse: (response) => {
        answer = response;
        submission.sink.onResponse(response);
      },
      onEnd: (error) => {
        if (leads) this.#flights.delete(key);
        if (error === undefined && answer !== undefined && !this.#closed) {
          call.timing.cacheMs += cache.keep(key, answer, ttlMs);
          statistics.cacheMiss(call.timing.cacheMs);
        }
        // The caller may do with its answer what it likes.
        if (flight.waiters.length > 0 && answer !== undefined) answer = { ...answer, ...copyAnswer(answer) };
        submission.sink.onEnd(error);
        this.#land(key, flight, { answer: error === undefined ? answer : undefined, call });
      },
    };
    submit({ ...submission, sink, checked });
  }

  /** Serves those that have waited. */
  #land(
    key: string,
    { waiters }: Flight,
    led: { readonly answer: InferResponse | undefined; readonly call: Call },
  ): void {
    const waiting = waiters.splice(0);
    const again: Waiter[] = [];
    for (const waiter of waiting) {
      const { call, request } = waiter.submission;
      if (call.cancelled !== undefined) continue;
      this.#options.holdings.release(waiter.checked);
      call.onCancel(undefined);
      if (led.answer === undefined) again.push(waiter);
      else this.#answer(waiter, { ...led.answer, ...copyAnswer(led.answer), id: request.id });
    }
    // One takes the place of a caller who has left; after a failure each has a try of its own.
    const left = led.call.cancelled !== undefined;
    for (const waiter of again) {
      const flight = left ? this.#flights.get(key) : undefined;
      if (flight !== undefined) this.#wait(flight, waiter);
      else this.#run(key, waiter, left);
    }
  }

  #answer({ submission: { call, sink } }: Waiter, response: InferResponse): void {
    const { clock, statistics } = this.#options;
    const { timing } = call;
    const now = clock.now();
    timing.cache = 'hit';
    timing.dequeuedAt = now;
    timing.startedAt = now;
    timing.finishedAt = now;
    statistics.cacheHit(timing, now);
    sink.onResponse(response);
    sink.onEnd(undefined);
  }

  /** A request that waited ends without an answer. */
  #end({ submission: { call, sink }, checked }: Waiter, error: MillraceError): void {
    const { holdings, statistics, clock } = this.#options;
    holdings.release(checked);
    call.onCancel(undefined);
    statistics.failure(call.timing, clock.now());
    sink.onEnd(error);
  }
}

/**
 * Whoever may overtake, or has a time-out in the queue, must not be held up by somebody else. Nor must models that call
 * others: two could wait for each other.
 */
function mayWait(flight: Flight, { request, call }: Submission): boolean {
  return flight.priority === request.priority && request.queueTimeoutMs === undefined && call.callers.length === 0;
}
