import type { Call, EventBus, InferRequest, InferTarget, ModelRef, Timing } from '../../core/index.js';
import type { ModelInfo } from '../../engine/index.js';
import type { QuotaKeeper, Refusal, Reservation } from '../../governance/index.js';
import { parseLabelledName } from '../../routing/index.js';
import type { Resolved } from '../types.js';
import { type AccountBooks, type Demand, demandOf, QuotaAccount } from './quota-account.js';

/** A request of a caller. */
export interface Inference {
  readonly call: Call;
  readonly resolved: Resolved;
  readonly request: InferRequest;
}

interface GateSetup {
  readonly keeper: QuotaKeeper;
  readonly events: EventBus;
  /** Something has been counted. */
  readonly onCounted: () => void;
}

/**
 * Lets requests in as long as their callers' quotas last. What counts is each request of a caller: not what models call on its behalf, and
 * nothing that runs in the background.
 */
export class QuotaGate implements AccountBooks {
  readonly #setup: GateSetup;
  /** Versions that do not generate, and say what their requests take in tokens all the same. */
  readonly #tellTokens = new WeakSet<ModelRef>();

  constructor(setup: GateSetup) {
    this.#setup = setup;
  }

  /**
   * Takes what a request may take; undefined = no quota is about it. Throws, or rejects with, a QuotaExceeded where there is not enough. What it
   * gives is to be settled when the request has ended.
   */
  open({
    call,
    resolved: { target, info },
    request,
  }: Inference): QuotaAccount | undefined | Promise<QuotaAccount | undefined> {
    if (call.callers.length > 0 || call.lane === 'background') return undefined;
    const demand = demandOf(request, info, this.#tellTokens.has(info.ref));
    const answer = this.#setup.keeper.reserve(call.principal, nameOf(target), demand);
    const asked = { call, info, demand };
    return answer instanceof Promise ? answer.then((late) => this.#enter(late, asked)) : this.#enter(answer, asked);
  }

  settled({ ref, generates }: ModelInfo, { usage }: Timing): void {
    if (usage !== undefined && generates === undefined) this.#tellTokens.add(ref);
    this.#setup.onCounted();
  }

  #enter(answer: Reservation | Refusal | undefined, { call, info, demand }: Asked): QuotaAccount | undefined {
    if (answer === undefined) return undefined;
    const { events, onCounted } = this.#setup;
    call.countsAgainst(answer);
    if (answer.kind === 'refused') {
      const { quota, limit } = answer.error;
      events.publish('quotaExceeded', { call, quota, limit });
      throw answer.error;
    }
    onCounted();
    return new QuotaAccount(this, { timing: call.timing, info, demand, reservation: answer });
  }
}

interface Asked {
  readonly call: Call;
  readonly info: ModelInfo;
  readonly demand: Demand;
}

/** A label makes no other model of it. */
function nameOf({ name }: InferTarget): string {
  return parseLabelledName(name)?.name ?? name;
}
