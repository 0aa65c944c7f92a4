import { MillraceError } from '../core/index.js';
import type { ModelStatus } from '../engine/index.js';

const RETRY_AFTER_MS = 1_000;

/** Why no version of a model answers: `unavailable` while one is on its way or has failed, else `not_found`. */
export function explainAbsence(
  name: string,
  version: number | undefined,
  statuses: readonly ModelStatus[],
): MillraceError {
  const label = version === undefined ? `model '${name}'` : `version ${version} of model '${name}'`;
  const wanted = version === undefined ? statuses : statuses.filter((status) => status.version === version);
  if (wanted.some(({ state }) => state.kind === 'loading' || state.kind === 'warming')) {
    return new MillraceError('unavailable', `${label} is still loading; try again`, { retryAfterMs: RETRY_AFTER_MS });
  }
  if (wanted.some(({ state }) => state.kind === 'failed')) {
    return new MillraceError('unavailable', `${label} failed to load; the repository index has the reason`);
  }
  if (wanted.some(({ state }) => state.kind === 'draining' || state.kind === 'unloaded')) {
    return new MillraceError('not_found', `${label} is not loaded any more`);
  }
  const others = statuses.filter(({ state }) => state.kind === 'ready').map((status) => status.version);
  const hint = version !== undefined && others.length > 0 ? `; versions ${others.join(', ')} are ready` : '';
  return new MillraceError('not_found', `there is no ${label}${hint}`);
}
