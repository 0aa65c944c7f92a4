import { type Call, MillraceError } from '../core/index.js';
import type { JobRecord } from '../store/index.js';
import type { Jobs } from './jobs.js';
import { hasEnded } from './machine.js';

/** Streams of one owner, and of all. */
const MAX_PER_OWNER = 16;
const MAX_STREAMS = 1_024;
const IDLE_MS = 15_000;

/** The job after a change of its state; idle = there was none for a while. */
export type FollowedJob = { readonly kind: 'job'; readonly record: JobRecord } | { readonly kind: 'idle' };

/** Callers that follow jobs. */
export class JobFollowers {
  readonly #open = new Map<string, number>();
  #count = 0;

  /**
   * The job as it is, unless its version is `after`, and after each change, until it has ended. A slow reader misses states in between, and
   * never the last one. `find` checks what the caller may see, each time. Rejects with `resource_exhausted` where the caller follows too many.
   */
  async *follow(
    jobs: Pick<Jobs, 'waits'>,
    call: Call,
    {
      id,
      after = -1,
      find,
    }: { readonly id: string; readonly after: number | undefined; readonly find: () => Promise<JobRecord> },
  ): AsyncGenerator<FollowedJob> {
    const leave = this.#enter(call.principal.ownerId);
    try {
      for (let known = after, isFirst = true; ; isFirst = false) {
        // Before it is read: a change meanwhile is not missed.
        const wait = jobs.waits.open(id, IDLE_MS);
        try {
          const record = await find();
          if (record.version > known) yield { kind: 'job', record };
          else if (!isFirst) yield { kind: 'idle' };
          known = Math.max(known, record.version);
          if (hasEnded(record) || call.cancelled !== undefined || jobs.waits.isClosed) return;
          call.signal.addEventListener('abort', wait.close, { once: true });
          await wait.changed;
        } finally {
          call.signal.removeEventListener('abort', wait.close);
          wait.close();
        }
      }
    } finally {
      leave();
    }
  }

  #enter(owner: string): () => void {
    const own = this.#open.get(owner) ?? 0;
    if (own >= MAX_PER_OWNER || this.#count >= MAX_STREAMS) {
      const limit = own >= MAX_PER_OWNER ? `${MAX_PER_OWNER} of this caller are` : `${MAX_STREAMS} are`;
      throw new MillraceError('resource_exhausted', `too many streams of jobs: ${limit} open`, {
        retryAfterMs: IDLE_MS,
      });
    }
    this.#open.set(owner, own + 1);
    this.#count++;
    return () => {
      this.#count--;
      const left = (this.#open.get(owner) ?? 1) - 1;
      if (left === 0) this.#open.delete(owner);
      else this.#open.set(owner, left);
    };
  }
}
