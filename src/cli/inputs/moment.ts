import { InvalidArgumentError } from 'commander';
import { parseDuration, parseTime } from '../../text/index.js';

/** Milliseconds since the Unix epoch of a time, or of one so long ago. */
export function readMoment(text: string): number {
  const agoMs = parseDuration(text);
  const atMs = agoMs === undefined ? parseTime(text) : Date.now() - agoMs;
  if (atMs !== undefined) return atMs;
  throw new InvalidArgumentError(`Expected a time, or how long ago as in 90m, got '${text}'.`);
}
