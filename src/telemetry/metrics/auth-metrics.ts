import type { Events } from '../../core/index.js';
import { type Family, single } from './family.js';

/** Keys, roles and bindings, as they follow their files. */
export class AuthMetrics {
  #isInForce = true;
  #lastMs: number | undefined;

  record({ isInForce, atMs }: Events['authReread']): void {
    this.#isInForce = isInForce;
    if (isInForce) this.#lastMs = atMs;
  }

  families(): readonly Family[] {
    return [
      {
        name: 'millrace_auth_last_reload_successful',
        help: 'Whether what the files of keys, roles and bindings say is in force; 0 = it cannot be used.',
        type: 'gauge',
        collect: () => single(this.#isInForce ? 1 : 0),
      },
      {
        name: 'millrace_auth_last_reload_success_timestamp_seconds',
        help: 'When keys, roles or bindings were last read again and put in force, since the Unix epoch.',
        type: 'gauge',
        collect: () => (this.#lastMs === undefined ? [] : single(this.#lastMs / 1_000)),
      },
    ];
  }
}
