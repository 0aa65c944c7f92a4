import type { Call, ModelState } from '../../core/index.js';

/** Events of the server. */
export type Happening =
  | {
      readonly kind: 'model.state';
      readonly model: string;
      readonly version: number;
      readonly state: ModelState['kind'];
      readonly reason: string | undefined;
      readonly loadMs: number | undefined;
    }
  | { readonly kind: 'runner.started'; readonly runner: string; readonly pid: number; readonly startMs: number }
  | {
      readonly kind: 'runner.exited';
      readonly runner: string;
      readonly pid: number;
      readonly reason: string;
      /** False for a crash or a kill. */
      readonly isExpected: boolean;
    }
  | {
      readonly kind: 'rollout.decided';
      readonly model: string;
      readonly canary: number;
      readonly rollout: string;
      readonly action: string;
      readonly by: string;
      readonly reason: string;
    }
  | {
      /** A caller has changed something, by whichever protocol. */
      readonly kind: 'change';
      /** As in the audit trail: `model.load`. */
      readonly action: string;
      /** '' = the server. */
      readonly resource: string;
      readonly by: string;
    };

/** A happening with its place among all of them. */
export interface RecordedEvent {
  /** Unique over all starts of the server. */
  readonly id: string;
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number;
  readonly happening: Happening;
}

/** The next item for a reader of events. */
export type FeedItem =
  /** The reader follows: comes first, at once. */
  | { readonly kind: 'begun' }
  | { readonly kind: 'event'; readonly event: RecordedEvent }
  /** Events that the reader will not get: `id` names the last of them. `missed` is undefined where their number is not known. */
  | { readonly kind: 'gap'; readonly id: string; readonly atMs: number; readonly missed: number | undefined }
  /** Nothing has happened for a while. */
  | { readonly kind: 'idle' };

/** The use case of following what happens. Needs the right `server.read`; of each event the reader needs a right as well. */
export interface EventUseCases {
  /**
   * The events behind the one with the id `after`, or from now on, and then as they happen, until the call is cancelled or the server ends.
   * Rejects with `resource_exhausted` where the caller follows too often at once.
   */
  follow(call: Call, after: string | undefined): AsyncIterable<FeedItem>;
}
