import { type Clock, type Message, type ModelRef, toMillraceError, wordingOf } from '../core/index.js';
import type { Generation } from './generation/generation.js';
import { mayPass } from './load-failures.js';
import type { CreateEngineOptions } from './setup.js';
import type { VersionEntry } from './version-table.js';

/** How often it is tried to load changed files whose loads fail for reasons that may pass. */
const MAX_RENEWALS = 5;

type RenewalSetup = Pick<CreateEngineOptions, 'reload' | 'options'> & { readonly clock: Clock };

/** Loads versions again whose files have changed under instances that must start again. */
export class Renewals {
  readonly #setup: RenewalSetup;
  readonly #giveUp: (entry: VersionEntry, generation: Generation, why: string | Message) => void;
  /** Those that wait for others to take their place, since none of their instances starts again. */
  readonly #outdated = new Set<Generation>();

  /** `giveUp` is called when nothing of a generation is left and nothing takes its place. */
  constructor(
    setup: RenewalSetup,
    giveUp: (entry: VersionEntry, generation: Generation, why: string | Message) => void,
  ) {
    this.#setup = setup;
    this.#giveUp = giveUp;
  }

  /** An instance of what serves a version cannot start again: its files have changed, and are loaded. */
  async renew(entry: VersionEntry, ref: ModelRef): Promise<void> {
    const generation = entry.current;
    if (generation?.info.ref !== ref || this.#outdated.has(generation)) return;
    this.#outdated.add(generation);
    const { reload, clock, options } = this.#setup;
    let reason: string | Message = '';
    for (let attempts = 0; attempts < MAX_RENEWALS && entry.current === generation; attempts++) {
      // A load that is in turn already may bring what lies there now.
      if (entry.changes.size > 0) await entry.changes.idle();
      if (entry.current !== generation) break;
      const failure = await reload(generation.info.source).then(() => undefined, toMillraceError);
      reason = failure === undefined ? 'they were not loaded' : wordingOf(failure);
      if (failure === undefined || !mayPass(failure.cause)) break;
      await clock.sleep(options.restartBackoffMs * 2 ** attempts);
    }
    this.#outdated.delete(generation);
    if (entry.current === generation && generation.up() === 0) this.#giveUp(entry, generation, reason);
  }
}
