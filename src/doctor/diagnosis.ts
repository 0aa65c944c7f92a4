import type { Finding } from '../core/index.js';
import type { Facts } from './facts.js';

/** A finding of a check: `where` is a key of the settings by its path, or anything else by its name. */
export interface Diagnosis extends Omit<Finding, 'where' | 'place'> {
  readonly where: string | readonly string[];
  /** Where a key of the settings is written, if it is known better than from when the server began. */
  readonly place?: string;
}

/** Looks at one thing. It finds nothing where all is well. */
export type Check = (facts: Facts) => readonly Diagnosis[];

export const setting = (line: string): Finding['fix'] => ({ kind: 'setting', line });
export const command = (line: string): Finding['fix'] => ({ kind: 'command', line });

export const DAY_MS = 86_400_000;

/** `1 day`, `400 days`; whole ones. */
export function days(ms: number): string {
  const count = Math.floor(ms / DAY_MS);
  return `${count} day${count === 1 ? '' : 's'}`;
}

const MOST_NAMES = 5;

/** `a, b and 3 more`. */
export function listNames(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  return more > 0 ? `${names.slice(0, MOST_NAMES).join(', ')} and ${more} more` : names.join(', ');
}
