import { messageOf } from '../../../../core/index.js';
import { PatternTooLarge } from './budget.js';

/** What is wrong with a pattern that was not read or compiled, and what to write instead. */
export function patternProblem(error: unknown): string {
  if (error instanceof PatternTooLarge) return error.message;
  return `${messageOf(error)}: write it without look-behind, back references, \\b and \\p{…}`;
}
