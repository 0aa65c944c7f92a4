import { SerialQueue } from '../async/index.js';
import { type Clock, MillraceError } from '../core/index.js';
import type { Snapshots } from '../store/index.js';

const KIND = 'webhook-gone';
const MAX_PER_OWNER = 100;
/** A receiver may be named again then. */
const MAX_AGE_MS = 7 * 86_400_000;

interface GoneReceiver {
  readonly url: string;
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number;
}

/** Receivers that have answered 410 (Gone): they get no more notifications of that principal. Kept in the store. */
export class GoneReceivers {
  readonly #snapshots: Snapshots;
  readonly #clock: Clock;
  readonly #changes = new SerialQueue();

  constructor(snapshots: Snapshots, clock: Clock) {
    this.#snapshots = snapshots;
    this.#clock = clock;
  }

  /** Rejects with `failed_precondition` where the receiver is gone. */
  async check(owner: string, url: string): Promise<void> {
    const gone = (await this.#get(owner)).find((each) => each.url === url);
    if (gone === undefined) return;
    const [at, end] = [gone.atMs, gone.atMs + MAX_AGE_MS].map((timeMs) => new Date(timeMs).toISOString());
    throw new MillraceError(
      'failed_precondition',
      `webhook: the receiver answered 410 (Gone) at ${at}, and gets no notifications until ${end}`,
    );
  }

  add(owner: string, url: string): Promise<void> {
    return this.#changes.run(async () => {
      const others = (await this.#get(owner)).filter((each) => each.url !== url);
      const gone = [...others, { url, atMs: this.#clock.wallNow() }].slice(-MAX_PER_OWNER);
      await this.#snapshots.put(
        KIND,
        owner,
        gone.map((each) => ({ ...each })),
      );
    });
  }

  async #get(owner: string): Promise<readonly GoneReceiver[]> {
    // It was written by this class.
    const stored = ((await this.#snapshots.get(KIND, owner)) ?? []) as unknown as readonly GoneReceiver[];
    return stored.filter(({ atMs }) => atMs + MAX_AGE_MS > this.#clock.wallNow());
  }
}
