import { type InferTarget, type Message, MillraceError, msg, namedVersion } from '../../core/index.js';
import type { ModelStatus } from '../../engine/index.js';
import type { UnselectedVersion } from '../../repository/index.js';

const RETRY_AFTER_MS = 1_000;

/** Known facts about the requested model. */
export interface Knowledge {
  readonly statuses: readonly ModelStatus[];
  /** Versions on disk that its version policy does not select. */
  readonly unselected: readonly UnselectedVersion[];
  /** The server is still finding out which models there are. */
  readonly starting: boolean;
}

/** A model that the server does not have, or a version of one. */
export interface UnknownModel {
  readonly name: string;
  /** Undefined where the caller names none. */
  readonly version: number | undefined;
  /** The server lists it, and none of it serves. */
  readonly isKnown: boolean;
}

/** Formats the message of the error for an unknown model. */
export type FormatUnknownModel = (unknown: UnknownModel) => string | Message;

/** millrace's own words. */
const formatPlainly: FormatUnknownModel = ({ name, version, isKnown }) =>
  msg`${namedVersion(name, version)} is not ${isKnown ? 'loaded' : 'found'}`;

/** Why no version of a model answers: `unavailable` while one is on its way or has failed, else `not_found`. */
export function explainAbsence(
  { name, version }: InferTarget,
  { statuses, unselected, starting }: Knowledge,
  formatUnknown: FormatUnknownModel = formatPlainly,
): MillraceError {
  const mention = namedVersion(name, version);
  const wanted = version === undefined ? statuses : statuses.filter((status) => status.version === version);
  if (wanted.some(({ state }) => state.kind === 'loading' || state.kind === 'warming')) {
    return new MillraceError('unavailable', msg`${mention} is still loading; try again`, {
      retryAfterMs: RETRY_AFTER_MS,
    });
  }
  if (wanted.some(({ state }) => state.kind === 'failed')) {
    return new MillraceError('unavailable', msg`${mention} failed to load; the repository index has the reason`);
  }
  if (starting && statuses.length === 0) {
    return new MillraceError('unavailable', msg`${mention} is not loaded yet: the server is starting; try again`, {
      retryAfterMs: RETRY_AFTER_MS,
    });
  }
  const served = statuses.filter(({ info }) => info !== undefined).map((status) => status.version);
  const left = unselected.find((each) => each.version === version);
  if (left !== undefined && served.length > 0) {
    return new MillraceError(
      'not_found',
      msg`${mention} is on disk, but not served: ${describeUnselected(left, served)}`,
    );
  }
  return new MillraceError('not_found', formatUnknown({ name, version, isKnown: wanted.length > 0 }));
}

function describeUnselected({ policy, version }: UnselectedVersion, served: readonly number[]): string {
  return `the model's version policy is '${policy}' (served: ${served.join(', ')}); to serve version ${version}, select it there, or give it a label`;
}
