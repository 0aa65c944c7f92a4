import type { Call, CallContext, InferRequest, InferTarget, Timing } from '../core/index.js';
import type { InferResult as Answers } from '../engine/index.js';
import type { ServedModel } from '../models/index.js';
import type { SharedMemoryRegion } from '../shared-memory/index.js';

export type { InferTarget };

/** The answers of one inference with its timing, which is complete when the last answer is there. */
export type InferResult = Answers & { readonly timing: Readonly<Timing> };

export interface ResolveOptions {
  /** The caller can take one answer only: why, and what to use instead. A decoupled model is `unimplemented` then, and not run. */
  readonly onlyOne?: string;
  /** The answer of a model that generates is wanted whole, not in pieces. */
  readonly whole?: boolean;
  /** It is a step of an ensemble, which its configuration names: its caller needs no right on it. */
  readonly isStep?: boolean;
}

declare const RESOLVED: unique symbol;

/** The version that `resolve` has chosen for one call. Only the service makes them. */
export interface Resolved {
  readonly [RESOLVED]: true;
  /** As the caller named it. */
  readonly target: InferTarget;
  /** The same, but by the model's own name instead of an alias: quotas, the log and the audit trail go by it. */
  readonly own: InferTarget;
  /**
   * The version that answers, unless it is replaced or unloaded before the request is submitted, or a route chooses by what is in the
   * request: all of its arms have the same signature.
   */
  readonly info: ServedModel;
}

/** Inference: by which version a request is answered, and its answer. All reject with MillraceError. */
export interface InferenceUseCases {
  /**
   * Whether the caller may infer, and which version answers: the one place where that is decided. A promise only where something has
   * to be waited for. Throws or rejects, and the call is settled then.
   */
  resolve(call: Call, target: InferTarget, options?: ResolveOptions): Resolved | Promise<Resolved>;
  /**
   * Checks whether the caller may infer and a version answers, and decides nothing: for a request whose body has to be read before it is
   * resolved. Throws or rejects as {@link resolve}, and the call is settled then.
   */
  checkTarget(call: Call, target: InferTarget): void | Promise<void>;
  /**
   * Runs one inference: submits, applies classification, waits for the answer. Where its version has been loaded again since it was
   * resolved, that runs it; where it is gone, the version policy chooses anew unless the caller named it.
   */
  infer(call: Call, resolved: Resolved, request: InferRequest): Promise<InferResult>;
  /** Whether the caller has the right to infer the model or route of a name, which may be an alias; it need not exist. */
  mayInfer(call: CallContext, name: string): boolean;
  /**
   * The caller's regions in order of name: one (`not_found` unless registered) or all. With the right `server.manage`, those of other
   * principals too, as `<principal>/<name>`.
   */
  systemSharedMemoryStatus(call: CallContext, name: string | undefined): readonly SharedMemoryRegion[];
  /** `unimplemented` where shared memory is off. Needs the right `memory.use` only: it is how a client sends its tensors. */
  registerSystemSharedMemory(call: CallContext, region: SharedMemoryRegion): Promise<void>;
  /** One of the regions that the caller may list, or all of them; unknown ones are no error. Requests that use it finish, later ones fail. */
  unregisterSystemSharedMemory(call: CallContext, name: string | undefined): Promise<void>;
}
