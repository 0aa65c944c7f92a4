import type { Timestamp } from './endpoint.js';
import type { VersionState } from './versions.js';

interface Recorded {
  /** For `after`, or the header `Last-Event-ID`. */
  readonly id: string;
  readonly at: Timestamp;
}

/** A model version's state has changed. Needs the right `model.observe` on the model. */
export interface ModelStateEvent extends Recorded {
  readonly type: 'model.state';
  readonly model: string;
  readonly version: number;
  readonly state: VersionState;
  readonly reason?: string;
  /** Of one that is ready. */
  readonly load_ms?: number;
}

/** A runner has started. Needs the right `metrics.read` on everything. */
export interface RunnerStartedEvent extends Recorded {
  readonly type: 'runner.started';
  /** `fraud/3#0` */
  readonly runner: string;
  readonly pid: number;
  readonly start_ms: number;
}

/** A runner has ended. Needs the right `metrics.read` on everything. */
export interface RunnerExitedEvent extends Recorded {
  readonly type: 'runner.exited';
  readonly runner: string;
  readonly pid: number;
  readonly reason: string;
  /** False for a crash or a kill. */
  readonly expected: boolean;
}

/** A rollout has advanced or ended. Needs the right `rollout.read` on its model. */
export interface RolloutDecidedEvent extends Recorded {
  readonly type: 'rollout.decided';
  readonly model: string;
  /** The version that is to take the place of the stable one. */
  readonly canary: number;
  /** Its id. */
  readonly rollout: string;
  /** `advance`, `roll_back`. */
  readonly action: string;
  /** A principal, or `millrace`. */
  readonly by: string;
  readonly reason: string;
}

/** A caller has changed something, by whichever protocol. Needs the right `audit.read` on everything. */
export interface ChangeEvent extends Recorded {
  readonly type: 'change';
  /** As in the audit trail: `model.load`, `labels.change`. */
  readonly action: string;
  /** Missing where it is the server. */
  readonly resource?: string;
  readonly by: string;
}

/** Events that the reader does not get: it reads more slowly than they happen, or was away for too long. What it knows may be out of date. */
export interface GapEvent extends Recorded {
  readonly type: 'gap';
  /** How many; missing where it is not known, as after a restart of the server. */
  readonly missed?: number;
}

/** A server event. */
export type ApiEvent =
  | ModelStateEvent
  | RunnerStartedEvent
  | RunnerExitedEvent
  | RolloutDecidedEvent
  | ChangeEvent
  | GapEvent;

export interface EventQuery {
  /** Id of the last event that is known, as the header `Last-Event-ID`; default: only what happens from now on. */
  readonly after?: string;
}

export interface EventEndpoints {
  /** Answers with server-sent events whose data is this. */
  'GET /events': { readonly query: EventQuery; readonly answer: ApiEvent };
}
