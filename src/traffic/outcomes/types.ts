import type { CallContext } from '../../core/index.js';
import type { Interval } from '../../statistics/index.js';
import type { ArmOutcomes } from '../../store/index.js';
import type { Effect } from './effect.js';

/** The outcome of an answer, as a caller reports it. */
export interface Feedback {
  /** Of the request that was answered. */
  readonly requestId: string;
  /** A text is the class that was right. */
  readonly value: number | boolean | string;
  /** The principal who asked; undefined = the one who reports. To report for others needs the right `feedback.relay`. */
  readonly principal: string | undefined;
}

/** An outcome that was told, or that counts as missing, and the answer that it is of. */
export interface JoinedOutcome {
  readonly route: string;
  readonly arm: string;
  readonly model: string;
  readonly version: number;
  readonly answeredAtMs: number;
  /** Of the requests that its arm was to get, by weight; undefined where the request has come to it otherwise. */
  readonly share: number | undefined;
  /** 32 bits that stand for the key that was dealt to the arm, of sticky routes; undefined = the request was dealt for itself. */
  readonly key: number | undefined;
  readonly value: number;
  /** In its range, from 0 to 1: the larger the better. */
  readonly scaled: number;
}

/** The outcomes of one version's answers on one arm. */
export interface ArmReport extends Omit<ArmOutcomes, 'mean' | 'squares' | 'changedAtMs'> {
  /** Of binary outcomes and of labels the rate; undefined where there are none. */
  readonly mean: number | undefined;
  /** Of the mean, at 95 %; undefined where there are too few outcomes for one. */
  readonly interval: Interval | undefined;
  /** Against the baseline; undefined for the baseline itself, for other kinds of outcomes, and where there are too few. */
  readonly effect: Effect | undefined;
}

export interface OutcomeReport {
  readonly route: string;
  /** The arm that the others are compared with; undefined where nothing is known of any. */
  readonly baseline: string | undefined;
  /** The baseline first, then by arm, the version that was last heard of first. */
  readonly arms: readonly ArmReport[];
  /** Answers since the start of the server that could not be noted: outcomes of these are refused. */
  readonly droppedAnswers: number;
}

/** The use cases about what became of answers. */
export interface OutcomeUseCases {
  /**
   * Needs the right `feedback.give` (`feedback.relay` for answers to others). `not_found` for a request that is unknown, has failed, or was answered too
   * long ago, and for those of others; `already_exists` where it was told before.
   */
  give(call: CallContext, feedback: Feedback): Promise<JoinedOutcome>;
  /** Needs the right `outcome.read`. `baseline`: the arm to compare with; default the route's first. */
  report(call: CallContext, route: string, baseline?: string): Promise<OutcomeReport>;
}
