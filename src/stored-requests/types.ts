import type { CheckModel, JobRun, MillraceError, Usage } from '../core/index.js';
import type { StoredIdentity } from '../governance/index.js';
import type { JobAnswerHead, JobPriority, JobRequest } from '../store/index.js';

/** The answer that the same request would have got at once. */
export interface StoredRequestAnswer extends JobAnswerHead {
  readonly body: Uint8Array;
}

/** How a stored request ended. */
export interface RanRequest {
  readonly answer: StoredRequestAnswer;
  /** undefined = it was answered as asked. */
  readonly error: MillraceError | undefined;
  /** A runner has had the request. */
  readonly hasRun: boolean;
  /** The runner died, which ran others, too, any of which may have caused that. Default: false. */
  readonly diedWithOthers?: boolean;
  /** Default: the model does not say it. */
  readonly usage?: Usage | undefined;
}

/** Answers a stored request for its caller. Rejects where that one has no access any more. */
export type AnswerRequest = (
  request: JobRequest & { readonly body: Uint8Array },
  how: {
    readonly identity: StoredIdentity;
    readonly priority: JobPriority;
    /** Where the version that the request names is gone, another one may answer. Default: false. */
    readonly takesOtherVersion?: boolean;
    /** An earlier attempt may have brought its runner down: this one shares it with no other request. Default: false. */
    readonly runsAlone?: boolean;
    /** The attempt of a job that it is. Default: of none. */
    readonly job?: JobRun;
    /** Default: any model may run. */
    readonly checkModel?: CheckModel;
    readonly limitMs: number;
    readonly signal: AbortSignal;
    /** An answer that comes bit by bit is refused. Default: it is taken as a whole. */
    readonly refusesStreams?: boolean;
  },
) => Promise<RanRequest>;
