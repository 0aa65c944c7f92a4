import type { Clock, InferResponse, MillraceError, Tensor } from '../core/index.js';
import type { InferenceListener, InferenceObserver, ObservedInference } from '../inference/index.js';
import type { FindRule, PayloadRule } from '../payloads/index.js';
import { sizeOfOutputs } from '../shadows/index.js';
import type { EndedPayload } from './writing/capture.js';

export interface PayloadObserverSetup {
  readonly rules: readonly PayloadRule[];
  readonly findRule: FindRule;
  readonly pseudonymOf: (principalId: string) => string;
  readonly clock: Clock;
  readonly add: (payload: EndedPayload) => void;
  /** In [0, 1). Default: `Math.random`. */
  readonly random?: () => number;
}

/** Records requests of callers; calls that models make are a part of theirs, and copies are none. */
export function createPayloadObserver(setup: PayloadObserverSetup): InferenceObserver {
  const { rules, findRule, random = Math.random } = setup;
  return {
    admit(inference) {
      const { kind, call, choice, info } = inference;
      if (kind !== 'request' || call.callers.length > 0) return undefined;
      const rule = findRule(choice?.route.name ?? '', info.ref.name);
      if (rule === undefined || random() >= (rules[rule]?.rate ?? 0)) return undefined;
      return new Recording(setup, inference, rule);
    },
  };
}

/** One request that is recorded. */
class Recording implements InferenceListener {
  readonly #setup: PayloadObserverSetup;
  readonly #inference: ObservedInference;
  readonly #rule: number;
  #inputs: readonly Tensor[] = [];
  #responses: InferResponse[] = [];
  #leftBytes: number;

  constructor(setup: PayloadObserverSetup, inference: ObservedInference, rule: number) {
    this.#setup = setup;
    this.#inference = inference;
    this.#rule = rule;
    // The rest of a stream that is too large need not be held.
    this.#leftBytes = 2 * (setup.rules[rule]?.maxRecordBytes ?? 0);
  }

  attemptBegan(): void {
    this.#responses = [];
  }

  read({ inputs }: { readonly inputs: readonly Tensor[] }): void {
    // A script in this process may write on what it is given.
    const isInline = this.#inference.info.placement === 'inline';
    this.#inputs = isInline ? inputs.map((tensor) => this.#copy(tensor)) : inputs;
  }

  responded(response: InferResponse): void {
    if (this.#responses.length > 0 && this.#leftBytes < 0) return;
    this.#leftBytes -= sizeOfOutputs(response);
    this.#responses.push(response);
  }

  ended(error: MillraceError | undefined): void {
    const { clock, pseudonymOf, add } = this.#setup;
    const { call } = this.#inference;
    add({
      inference: this.#inference,
      inputs: this.#inputs,
      responses: this.#responses,
      rule: this.#rule,
      principal: pseudonymOf(call.principal.id),
      status: error?.code ?? 'ok',
      latencyMs: clock.now() - call.timing.receivedAt,
    });
  }

  #copy(tensor: Tensor): Tensor {
    const { maxRecordBytes = 0 } = this.#setup.rules[this.#rule] ?? {};
    return tensor.data.length > maxRecordBytes ? tensor : { ...tensor, data: Uint8Array.from(tensor.data) };
  }
}
