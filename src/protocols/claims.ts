import { MillraceError } from '../core/index.js';
import type { Dialect } from './dialect.js';

/** What dialects have claimed for themselves, such as routes: each thing belongs to one of them. */
export class Claims {
  readonly #owners = new Map<string, string>();

  /** Throws `failed_precondition` with the message for the dialect that has claimed the same before. */
  add(key: string, { name }: Pick<Dialect, 'name'>, message: (other: string) => string): void {
    const other = this.#owners.get(key);
    if (other !== undefined) throw new MillraceError('failed_precondition', message(other));
    this.#owners.set(key, name);
  }
}
