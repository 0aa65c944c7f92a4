import type { Principal } from './access.js';
import type { InferTarget } from './request.js';
import type { TraceContext } from './trace.js';

/** What a caller sends along with a request: HTTP headers or gRPC metadata, by lower-case name. */
export type CallMetadata = Readonly<Record<string, string | readonly string[] | undefined>>;

/** From where a call came. */
export interface CallOrigin {
  /** IP address; '' for a Unix socket, and where it came from nowhere outside. */
  readonly remoteAddress: string;
  readonly transport: 'http' | 'grpc' | '';
}

/** How calls are scheduled: work in the background never delays normal calls, and neither do the calls that it makes. */
export type CallPriority = 'normal' | 'background';

/** Who a call is charged to (quotas, usage, audit entries, outcomes): its principal, or `none`, as for shadow copies. */
export type CallAccount = 'principal' | 'none';

/** The attempt of a job that a call is. */
export interface JobRun {
  readonly id: string;
  /** Of the job once it has started: grows with each attempt. */
  readonly version: number;
}

/** Asked before an inference begins. Throws where none of the model may begin now. `name`: the model's own, in place of an alias. */
export type CheckModel = (name: string) => void;

/** Takes over a request once it has been checked as far as its inference: the inference is not run. */
export interface Deferral {
  /** Rights, quotas and signature have been checked. `target`: by the model's own name in place of an alias. */
  checked(target: InferTarget): void;
}

/**
 * A call as plain data: who calls, from where, until when, on whose account. What a use case needs that neither waits for its caller nor
 * calls models. The principal's rights follow from its identity.
 */
export interface CallContext {
  readonly requestId: string;
  readonly principal: Principal;
  readonly trace: TraceContext | undefined;
  /** {@link Clock.now} milliseconds at which the caller gives up; Infinity = never. */
  readonly deadlineAt: number;
  /** Models on whose behalf the call is made, outermost first; none for calls from outside. */
  readonly callers: readonly string[];
  readonly priority: CallPriority;
  readonly account: CallAccount;
  /** What calls have in common that are to be routed alike, such as a user or a session. */
  readonly routingKey: string | undefined;
  readonly from: CallOrigin;
  /** With credentials: never shown, logged or handed to a model. */
  readonly metadata: CallMetadata;
}
