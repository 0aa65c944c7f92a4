import { type EventBus, invalidArgument } from '../../core/index.js';

/** Throws `invalid_argument` with all problems of a change of routes, if there are any. */
export function refuseRoutes(problems: readonly string[]): void {
  if (problems.length === 0) return;
  const [first] = problems;
  throw invalidArgument(
    problems.length === 1 ? `${first}` : `${problems.length} problems with the routes:\n  ${problems.join('\n  ')}`,
  );
}

/** Why a route of this name does not replace a rollout's. */
export function sayRolledOut(name: string): string {
  return `'${name}' is being rolled out, which says who gets which version: end the rollout first`;
}

/** Warns that a route of the settings hides one of the API. */
export function warnOfHidden(events: EventBus, name: string, place: string): void {
  const message = `route '${name}' was declared through the API, but ${place || 'that of the settings'} comes first`;
  events.publish('diagnostic', { level: 'warn', room: 'service', message });
}
