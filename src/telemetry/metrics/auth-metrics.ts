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
        help: 'Whether the settings file and the files of keys are in force; 0 = one cannot be used.',
        type: 'gauge',
        collect: () => single(this.#isInForce ? 1 : 0),
      },
      {
        name: 'millrace_auth_last_reload_success_timestamp_seconds',
        help: 'When changes of these files were last put in force, since the Unix epoch.',
        type: 'gauge',
        collect: () => (this.#lastMs === undefined ? [] : single(this.#lastMs / 1_000)),
      },
    ];
  }
}
