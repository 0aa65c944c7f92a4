import {
  type Clock,
  checkParameters,
  type EventBus,
  errorOf,
  type GenerationDelta,
  type InferResponse,
  type MillraceError,
  type ModelRef,
  NO_PARAMETERS,
  type Parameters,
  toMillraceError,
} from '../core/index.js';
import { checkDelta, parametersOfDelta, tensorsOfDelta } from '../generation/index.js';
import { type Emission, isAnswer } from '../runtimes/index.js';
import { toClientOutputs } from './form-batch.js';
import { OrderedRelease } from './ordered-release.js';
import type { Pending } from './pending.js';
import type { ShapeRules } from './shape-rules.js';
import type { StatisticsCounter } from './statistics.js';
import { noteUsage, type UsageGrowth } from './usage.js';

export interface SettlementOptions {
  readonly ref: ModelRef;
  readonly rules: ShapeRules;
  /** Answers leave in the order in which the requests came. */
  readonly preserveOrder: boolean;
  /** Any number of answers for one request. */
  readonly decoupled: boolean;
  /** Requests may wait for others to be answered: the order is that in which they begin to run. */
  readonly ordersAtDispatch: boolean;
  readonly statistics: StatisticsCounter;
  readonly clock: Clock;
  readonly events: EventBus;
}

/** What callers get to see of accepted requests: their answers, in order where the model says so, and one end each. */
export class Settlement {
  readonly #options: SettlementOptions;
  readonly #ordered: OrderedRelease | undefined;
  #unsettled = 0;
  readonly #onSettled: (() => void)[] = [];

  constructor(options: SettlementOptions) {
    this.#options = options;
    this.#ordered = options.preserveOrder ? new OrderedRelease() : undefined;
  }

  /** A request was accepted: it will end. */
  accept(item: Pending): void {
    this.#unsettled++;
    if (!this.#options.ordersAtDispatch) this.#ordered?.arrive(item.callId);
  }

  /** Requests begin to run. */
  dispatched(members: readonly Pending[]): void {
    if (this.#ordered === undefined || !this.#options.ordersAtDispatch) return;
    for (const item of members) this.#ordered.arrive(item.callId);
  }

  /** Requests are to run again, and nobody may wait for them meanwhile. */
  requeued(members: readonly Pending[]): void {
    if (this.#ordered === undefined || !this.#options.ordersAtDispatch) return;
    for (const item of members) this.#ordered.leave(item.callId);
  }

  /** Resolves when nobody waits for an answer. */
  settled(): Promise<void> {
    if (this.#unsettled === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onSettled.push(resolve));
  }

  /** Passes an emission on to its caller; `index` is where its member most likely stands. */
  deliver(members: readonly Pending[], emission: Emission, index: number): void {
    const likely = members[index];
    const item =
      likely?.callId === emission.callId ? likely : members.find((member) => member.callId === emission.callId);
    if (item === undefined || item.ended) return;
    const error = emission.error && errorOf(emission.error);
    const answeredAt = item.waitsForReader ? 0 : item.lastAnswerAt;
    try {
      const growth = isPlain(emission) ? undefined : noteUsage(item.call.timing, emission);
      const fails = error !== undefined && (emission.final || !this.#options.decoupled);
      const answers = isAnswer(emission) || !this.#options.decoupled;
      if (!fails && answers) this.#respond(item, emission, error);
      if (growth !== undefined) this.#publish(item, growth, answeredAt);
      if (fails) this.end(item, error);
      else if (emission.final) this.end(item, undefined);
    } catch (error) {
      this.end(item, toMillraceError(error));
      // A model that goes on answering would wait for a reader who is gone.
      if (!emission.final) item.runner?.cancel(item.callId);
    }
  }

  /** A request that has not begun is somebody else's from here. */
  withdraw(item: Pending): void {
    item.ended = true;
    item.expiry?.clear();
    this.#ordered?.leave(item.callId);
    item.call.onCancel(undefined);
    this.#settled();
  }

  /** Ends a request, once; `error` undefined = success. */
  end(item: Pending, error: MillraceError | undefined): void {
    if (item.ended) return;
    item.ended = true;
    item.expiry?.clear();
    // What its model asked of others for it does not outlive it.
    item.call.cancelChildren();
    const ordered = this.#ordered;
    if (ordered === undefined || item.call.cancelled !== undefined || !ordered.has(item.callId)) {
      ordered?.leave(item.callId);
      this.#tell(item, error);
      return;
    }
    // The answer may have to wait for its turn, but nobody has to wait for the answer.
    item.call.onCancel((reason) => {
      ordered.leave(item.callId);
      this.#tell(item, reason);
    });
    ordered.release(item.callId, () => this.#tell(item, error));
  }

  #respond(item: Pending, emission: Emission, error: MillraceError | undefined): void {
    const { ref, rules, decoupled, clock } = this.#options;
    item.responses++;
    if (decoupled) {
      const { timing } = item.call;
      item.credit--;
      item.waitsForReader = item.credit <= 0;
      item.lastSignAt = clock.now();
      item.lastAnswerAt = item.lastSignAt;
      timing.firstResponseAt ||= item.lastSignAt;
    }
    const { delta } = emission;
    if (delta !== undefined) checkDelta(delta);
    const parameters = delta === undefined ? (emission.parameters ?? {}) : parametersOf(delta, item);
    checkParameters(parameters, 'internal');
    const given = delta === undefined ? emission.outputs : tensorsOfDelta(delta);
    const outputs = error === undefined ? toClientOutputs(given, item, rules) : [];
    const plain: InferResponse = { ref, id: item.request.id, outputs, parameters };
    const response = isPlain(emission) ? plain : { ...plain, ...extrasOf(emission, error) };
    if (this.#ordered === undefined) item.sink.onResponse(response);
    else this.#ordered.hold(item.callId, () => item.sink.onResponse(response));
  }

  /** `answeredAt`: its answer before; 0 = none that its model could go on after. */
  #publish(item: Pending, growth: UsageGrowth, answeredAt: number): void {
    const { ref, events } = this.#options;
    const sinceMs = answeredAt > 0 && item.lastAnswerAt > answeredAt ? item.lastAnswerAt - answeredAt : undefined;
    events.publish('usageGrew', { ref, call: item.call, ...growth, sinceMs });
  }

  #tell(item: Pending, error: MillraceError | undefined): void {
    item.call.onCancel(undefined);
    this.#options.statistics.request(item, error, this.#options.clock.now());
    item.sink.onEnd(error);
    this.#settled();
  }

  #settled(): void {
    this.#unsettled--;
    if (this.#unsettled === 0) for (const resolve of this.#onSettled.splice(0)) resolve();
  }
}

/** Typed requests read the delta; their answers have no parameters. */
function parametersOf(delta: GenerationDelta, { request }: Pending): Parameters {
  return request.generation === undefined ? parametersOfDelta(delta) : NO_PARAMETERS;
}

/** Most answers have nothing besides outputs and parameters, and copying objects would cost as much as the rest of it. */
function isPlain({ usage, finishReason, error, delta }: Emission): boolean {
  return usage === undefined && finishReason === undefined && error === undefined && delta === undefined;
}

function extrasOf({ usage, finishReason, delta }: Emission, error: MillraceError | undefined) {
  return {
    ...(error === undefined ? {} : { error }),
    ...(delta === undefined ? {} : { delta }),
    ...(usage === undefined ? {} : { usage }),
    ...(finishReason === undefined ? {} : { finishReason }),
  };
}
