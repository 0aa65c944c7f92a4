import type { Call, Clock, Events, ModelRef } from '../../core/index.js';
import { computeUsOf, isUnaccounted, outcomeOf, type UsageBook } from '../../metering/index.js';
import type { UsageCounts } from '../../store/index.js';

/** Where a request from outside has gone that is answered by calls of their own, such as a stream or several choices. */
interface Reached {
  /** undefined: more than one model, version, route or arm. */
  readonly model: ModelRef | undefined;
  readonly call: Call;
}

/**
 * Reads from the events what has been used: requests and rows of callers, and tokens and computation also of models that are called by
 * others. Each is told by one event, so that nothing counts twice; what was computed for nobody (shadows) does not count.
 */
export class UsageMeter {
  readonly #book: Pick<UsageBook, 'at'>;
  readonly #clock: Pick<Clock, 'wallNow'>;
  readonly #reached = new WeakMap<Call, Reached>();

  constructor(book: Pick<UsageBook, 'at'>, clock: Pick<Clock, 'wallNow'>) {
    this.#book = book;
    this.#clock = clock;
  }

  inferFinished(event: Events['inferFinished']): void {
    if (isUnaccounted(event)) return;
    const { call, rows } = event;
    const { timing } = call;
    const model = event.ref ?? timing.answeredBy;
    const computeUs = computeUsOf(timing, rows);
    if (call.callers.length > 0) {
      if (computeUs > 0) this.#at(call, model).computeUs += computeUs;
      return;
    }
    if (call.origin !== call) this.#noteReached(call, model);
    const usage = this.#at(call, model);
    const outcome = outcomeOf(event);
    usage[outcome]++;
    usage.computeUs += computeUs;
    if (outcome === 'answered') usage.rows += rows;
  }

  usageGrew(event: Events['usageGrew']): void {
    if (isUnaccounted(event)) return;
    const { promptTokens, cachedTokens = 0, completionTokens } = event.added;
    const usage = this.#at(event.call, event.ref);
    usage.promptTokens += promptTokens;
    usage.cachedTokens += cachedTokens;
    usage.completionTokens += completionTokens;
  }

  /** Of HTTP and gRPC: bytes count where a model was asked for. */
  exchangeFinished(event: Pick<Events['httpFinished'], 'call' | 'requestBytes' | 'responseBytes'>): void {
    const { call, requestBytes, responseBytes } = event;
    const { answeredBy } = call.timing;
    const reached = answeredBy === undefined ? this.#reached.get(call) : undefined;
    if (answeredBy === undefined && reached === undefined) return;
    const usage = this.#at(reached?.call ?? call, answeredBy ?? reached?.model);
    usage.requestBytes += requestBytes;
    usage.responseBytes += responseBytes;
  }

  #at(call: Call, model: ModelRef | undefined): UsageCounts {
    return this.#book.at(this.#clock.wallNow(), call, model);
  }

  #noteReached(call: Call, model: ModelRef | undefined): void {
    const before = this.#reached.get(call.origin);
    if (before !== undefined && (before.model === undefined || isSame(before, call, model))) return;
    this.#reached.set(call.origin, { model: before === undefined ? model : undefined, call });
  }
}

function isSame({ model: before, call: { timing } }: Reached, call: Call, model: ModelRef | undefined): boolean {
  const { route, arm } = call.timing;
  return (
    before?.name === model?.name && before?.version === model?.version && timing.route === route && timing.arm === arm
  );
}
