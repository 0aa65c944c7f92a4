import { type Message, MillraceError } from '../core/index.js';

export interface RunnerDeath {
  /** The batch had begun to run: of several outstanding ones only the oldest has, the others may simply run elsewhere. */
  readonly started: boolean;
  /** The runner was killed since it used more memory than it may. */
  readonly overMemory?: boolean;
  /** The system had no memory left for it, as far as that can be told. */
  readonly outOfMemory?: boolean;
}

/** The runner of an instance is gone, and with it a batch. */
export class RunnerDiedError extends MillraceError implements RunnerDeath {
  readonly started: boolean;
  readonly overMemory: boolean;

  constructor(message: string | Message, { started, overMemory = false, outOfMemory = overMemory }: RunnerDeath) {
    super('unavailable', message, {
      // To callers a Retry-After means that nothing was done yet.
      ...(started ? {} : { retryAfterMs: 1_000 }),
      reason: outOfMemory ? 'out_of_memory' : undefined,
    });
    this.name = 'RunnerDiedError';
    this.started = started;
    this.overMemory = overMemory;
  }
}
