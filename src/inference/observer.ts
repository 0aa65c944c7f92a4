import type { AuditTrail } from '../audit/index.js';
import type { Call, EventBus, Events, InferRequest, InferResponse, InferTarget, MillraceError } from '../core/index.js';
import type { ModelInfo } from '../engine/index.js';
import type { ArmChoice } from './arm-choice.js';

/** One inference as its observers see it. */
export interface ObservedInference {
  readonly call: Call;
  /** `shadow`: a copy of a request, of which its caller sees nothing. `check`: a request that is stored to run later, and does not run now. */
  readonly kind: InferenceKind;
  /** As the caller named it, but by the model's own name instead of an alias. */
  readonly target: InferTarget;
  /** As it came: inputs in shared memory have not been read, photos and sounds not been decoded. */
  readonly request: InferRequest;
  /** The version that is to run it. */
  readonly info: ModelInfo;
  /** The arm by which a route has chosen that; undefined where the caller names the model. */
  readonly choice: ArmChoice | undefined;
  /** Unix milliseconds at which the clock of the call's timing was 0: `epochMs + call.timing.receivedAt` is when the request arrived. */
  readonly epochMs: number;
}

export type InferenceKind = 'request' | 'shadow' | 'check';

/**
 * Sees every inference of the server, shadow copies and calls of models included, in the order of the list. Every request pays for
 * each observer. Only `admit` may throw, and only `admit` may wait.
 */
export interface InferenceObserver {
  /**
   * Called before the first attempt. Throws or rejects to refuse the inference; returns a promise to make it wait. The listener that it
   * returns hears the rest of the inference.
   */
  admit?(inference: ObservedInference): InferenceListener | undefined | Promise<InferenceListener | undefined>;
  /**
   * Called once for each inference, last of all: answered, failed, or refused before it had a version. The timing of the call has the
   * attempts.
   */
  ended?(event: Events['inferFinished'], kind: InferenceKind): void;
}

/** Hears one inference that its observer has admitted. */
export interface InferenceListener {
  /** An attempt begins at a version. For the attempt before, {@link attemptEnded} has been called. */
  attemptBegan?(attempt: Pick<ObservedInference, 'info' | 'choice'>): void;
  /** The data of all inputs is there. It may lie in the memory of bodies, which is used again when the inference has ended. */
  read?(request: InferRequest): void;
  /** The model's own answer: with the model's name, and whole tensors where the caller asked for classes. */
  responded?(response: InferResponse): void;
  /** The attempt has ended. `cancelled` says nothing about the version: it has not seen the request, or the caller has left. */
  attemptEnded?(error: MillraceError | undefined): void;
  /** The inference has ended, answered or not. Called once. */
  ended?(error: MillraceError | undefined): void;
}

/** An observer from outside: errors that it must not throw are reported, and do not reach the inference. `admit` may refuse. */
export function guardObserver(observer: InferenceObserver, report: (error: unknown) => void): InferenceObserver {
  const guard =
    <Heard extends readonly unknown[]>(hear: (...heard: Heard) => void) =>
    (...heard: Heard): void => {
      try {
        hear(...heard);
      } catch (error) {
        report(error);
      }
    };
  const guardListener = (listener: InferenceListener | undefined): InferenceListener | undefined =>
    listener && {
      attemptBegan: guard((attempt) => listener.attemptBegan?.(attempt)),
      read: guard((request) => listener.read?.(request)),
      responded: guard((response) => listener.responded?.(response)),
      attemptEnded: guard((error) => listener.attemptEnded?.(error)),
      ended: guard((error) => listener.ended?.(error)),
    };
  return {
    admit(inference) {
      const admitted = observer.admit?.(inference);
      return admitted instanceof Promise ? admitted.then(guardListener) : guardListener(admitted);
    },
    ended: guard((event, kind) => observer.ended?.(event, kind)),
  };
}

/** Refuses inferences that have to be recorded while the audit trail cannot be written. */
export function createAuditObserver(audit: Pick<AuditTrail, 'checkInference'>): InferenceObserver {
  return {
    admit({ kind, target }) {
      if (kind !== 'shadow') audit.checkInference(target.name);
      return undefined;
    },
  };
}

/** Publishes the event `inferFinished` of each request: metrics, usage, log, traces and audit trail follow from it. Copies have `copyFinished`. */
export function createEventObserver(events: Pick<EventBus, 'publish'>): InferenceObserver {
  return {
    ended(event, kind) {
      if (kind === 'request') events.publish('inferFinished', event);
      else if (kind === 'shadow') events.publish('copyFinished', event);
    },
  };
}
