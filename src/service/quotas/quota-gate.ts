import {
  type Call,
  type EventBus,
  type InferRequest,
  type InferTarget,
  type ModelRef,
  whenReady,
} from '../../core/index.js';
import type { QuotaKeeper, Refusal, Reservation } from '../../governance/index.js';
import { parseLabelledName } from '../../routing/index.js';
import type { Resolved } from '../types.js';
import { demandOf, QuotaAccount } from './quota-account.js';

/** A request of a caller. */
export interface Inference {
  readonly call: Call;
  readonly resolved: Resolved;
  readonly request: InferRequest;
  /** Where what it takes counts against quotas. */
  readonly account?: QuotaAccount | undefined;
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
export class QuotaGate {
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
    const { keeper, events, onCounted } = this.#setup;
    const demand = demandOf(request, info, this.#tellTokens.has(info.ref));
    const enter = (answer: Reservation | Refusal | undefined): QuotaAccount | undefined => {
      if (answer === undefined) return undefined;
      call.countsAgainst(answer.standings);
      if (answer.kind === 'refused') {
        const { quota, limit } = answer.error;
        events.publish('quotaExceeded', { call, quota, limit });
        throw answer.error;
      }
      onCounted();
      return new QuotaAccount({
        timing: call.timing,
        demand,
        reservation: answer,
        onSettled: ({ usage }) => {
          if (usage !== undefined && info.generates === undefined) this.#tellTokens.add(info.ref);
          onCounted();
        },
      });
    };
    return whenReady(keeper.reserve(call.principal, nameOf(target), demand), enter);
  }
}

/** A label makes no other model of it. */
function nameOf({ name }: InferTarget): string {
  return parseLabelledName(name)?.name ?? name;
}
