import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../../text/index.js';

/** Reads a flag such as `90s`, in milliseconds. `such`: the examples that a refusal gives. */
export function readDuration(such: string, minMs = 0): (text: string) => number {
  return (text) => {
    const durationMs = parseDuration(text);
    if (durationMs !== undefined && durationMs >= minMs) return durationMs;
    throw new InvalidArgumentError(`Expected a duration such as ${such}, got '${text}'.`);
  };
}
