import type { Call, EventBus, InferTarget, ModelRef, Timing } from '../../core/index.js';
import type { ModelInfo } from '../../engine/index.js';
import type { QuotaKeeper, Refusal, Reservation, Used } from '../../governance/index.js';
import type { InferenceListener, InferenceObserver, ObservedInference } from '../../inference/index.js';
import { parseLabelledName } from '../../routing/index.js';
import { type AccountBooks, type Demand, demandOf, QuotaAccount } from './quota-account.js';

type MaybePromise<Value> = Value | Promise<Value>;

interface GateSetup {
  readonly keeper: QuotaKeeper;
  readonly events: EventBus;
  /** Something has been counted. */
  readonly onCounted: () => void;
}

/**
 * Lets requests in as long as their callers' quotas last. What counts is each request of a caller: not what models call on its behalf, and
 * no call without an account.
 */
export class QuotaGate implements AccountBooks, InferenceObserver {
  readonly #setup: GateSetup;
  /** Versions that report token counts although they do not generate. */
  readonly #tellTokens = new WeakSet<ModelRef>();

  constructor(setup: GateSetup) {
    this.#setup = setup;
  }

  /**
   * Takes a place for a request before its body is read: until its inference takes one, or its call ends. Throws a QuotaExceeded where
   * there is none.
   */
  enter(call: Call): void {
    const answer = this.#setup.keeper.enter(call.principal);
    if (answer?.kind === 'refused') this.#refuse(answer, call);
    if (answer !== undefined) call.holdPlace(() => answer.settle(NOTHING));
  }

  /**
   * Takes what a request may take; undefined = no quota is about it. Throws, or rejects with, a QuotaExceeded where there is not enough. What
   * it has not taken is given back when it has ended.
   */
  admit({ call, kind, target, info, request }: ObservedInference): MaybePromise<InferenceListener | undefined> {
    if (call.callers.length > 0 || call.account === 'none') return undefined;
    call.origin.leavePlace();
    const demand = demandOf(request, info, this.#tellTokens.has(info.ref));
    const answer = this.#setup.keeper.reserve(call.principal, nameOf(target), demand);
    const asked = { call, info, demand, runs: kind !== 'check' };
    return answer instanceof Promise ? answer.then((late) => this.#enter(late, asked)) : this.#enter(answer, asked);
  }

  settled({ ref, tasks }: ModelInfo, { usage }: Timing): void {
    if (usage !== undefined && tasks?.generate === undefined) this.#tellTokens.add(ref);
    this.#setup.onCounted();
  }

  #enter(answer: Reservation | Refusal | undefined, { call, info, demand, runs }: Asked): QuotaAccount | undefined {
    if (answer === undefined) return undefined;
    if (answer.kind === 'refused') this.#refuse(answer, call);
    call.countsAgainst(answer);
    if (!runs) {
      answer.settle(NOTHING);
      return undefined;
    }
    this.#setup.onCounted();
    return new QuotaAccount(this, { timing: call.timing, info, demand, reservation: answer });
  }

  #refuse(refusal: Refusal, call: Call): never {
    call.countsAgainst(refusal);
    const { quota, limit } = refusal.error;
    this.#setup.events.publish('quotaExceeded', { call, quota, limit });
    throw refusal.error;
  }
}

const NOTHING: Used = { requests: 0, rows: 0, tokens: undefined, bytes: 0, computeMs: 0 };

interface Asked {
  readonly call: Call;
  readonly info: ModelInfo;
  readonly demand: Demand;
  /** False: it is stored, and takes what it takes when it runs. */
  readonly runs: boolean;
}

/** A label makes no other model of it. */
function nameOf({ name }: InferTarget): string {
  return parseLabelledName(name)?.name ?? name;
}
