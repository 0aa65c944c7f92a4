import type { AuditTrail } from '../audit/index.js';
import type { Call, Events, InferRequest, InferResponse, InferTarget, MillraceError } from '../core/index.js';
import type { ModelInfo } from '../engine/index.js';
import type { ArmChoice } from './arm-choice.js';

/** One inference as its observers see it. */
export interface ObservedInference {
  readonly call: Call;
  /** `shadow`: a copy of a request, of which its caller sees nothing. */
  readonly kind: InferenceKind;
  /** As the caller named it, but by the model's own name instead of an alias. */
  readonly target: InferTarget;
  /** As it came: inputs in shared memory have not been read, photos and sounds not been decoded. */
  readonly request: InferRequest;
  /** The version that is to run it. */
  readonly info: ModelInfo;
  /** The arm by which a route has chosen that; undefined where the caller names the model. */
  readonly choice: ArmChoice | undefined;
}

export type InferenceKind = 'request' | 'shadow';

/**
 * Sees every inference of the server, in the order of the list: shadow copies, and those that models ask for, too. What it costs, each request
 * pays. Only `admit` may throw, and only it may wait.
 */
export interface InferenceObserver {
  /**
   * Before a version runs it. Throws or rejects to refuse it; a promise where it has to wait for it. What it returns hears what
   * follows.
   */
  admit?(inference: ObservedInference): InferenceListener | undefined | Promise<InferenceListener | undefined>;
  /**
   * Once for each, whether it was answered, has failed, or was refused before it had a version; the last that is heard of it. The
   * timing of its call has its attempts.
   */
  ended?(event: Events['inferFinished'], kind: InferenceKind): void;
}

/** Hears what becomes of one inference that its observer has admitted. */
export interface InferenceListener {
  /** A version is to run it; also in place of another one, of which {@link attemptEnded} has been called. */
  attemptBegan?(attempt: Pick<ObservedInference, 'info' | 'choice'>): void;
  /** The data of all inputs is there. It may lie in the memory of bodies, which is used again when the inference has ended. */
  read?(request: InferRequest): void;
  /** An answer, as the model gave it: of its own name, whole tensors where the caller wants classes. */
  responded?(response: InferResponse): void;
  /** Of the version that ran it. `cancelled` says nothing about the version: it has not seen the request, or its caller has left. */
  attemptEnded?(error: MillraceError | undefined): void;
  /** It has ended, answered or not; called once. */
  ended?(error: MillraceError | undefined): void;
}

/** Inferences begin only where what they do can be recorded. */
export function createAuditObserver(audit: Pick<AuditTrail, 'checkInference'>): InferenceObserver {
  return {
    admit({ kind, target }) {
      if (kind === 'request') audit.checkInference(target.name);
      return undefined;
    },
  };
}

/** Publishes the event `inferFinished` of each request: metrics, usage, log and audit trail follow from it. */
export function createEventObserver(publish: (event: Events['inferFinished']) => void): InferenceObserver {
  return {
    ended(event, kind) {
      if (kind === 'request') publish(event);
    },
  };
}
