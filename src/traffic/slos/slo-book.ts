import { LaterWrites } from '../../async/index.js';
import { type Clock, type EventBus, warn } from '../../core/index.js';
import { DAY_MS, type Slo, SloCounts } from '../../slos/index.js';
import type { Snapshots } from '../../store/index.js';

const KIND = 'slo';
/** After a crash, at most the counts of this time are missing. */
const WRITE_AFTER_MS = 10_000;
/** Days have places of which there are enough for the longest window, and which later days take over: nothing has to be removed. */
const PLACES = 100;

export interface SloBookSetup {
  readonly snapshots: Snapshots;
  readonly clock: Clock;
  readonly events: EventBus;
}

/** The counts of objectives, by the hour kept over restarts. */
export class SloBook {
  readonly #setup: SloBookSetup;
  readonly #counts: ReadonlyMap<string, SloCounts>;
  /** By objective, days that differ from the stored ones. */
  readonly #changed = new Map<string, Set<number>>();
  readonly #writes: LaterWrites;
  readonly #slos: readonly Slo[];
  /** Before that, the counts of a day are not all that there are, and are not written. */
  #isRead = false;

  constructor(slos: readonly Slo[], setup: SloBookSetup) {
    this.#slos = slos;
    this.#setup = setup;
    this.#counts = new Map(slos.map(({ name, windowMs }) => [name, new SloCounts(windowMs)]));
    this.#writes = new LaterWrites({
      ...setup,
      afterMs: WRITE_AFTER_MS,
      write: () => this.#write(),
      onFailure: (error) => warn(setup.events, 'the counts of SLOs cannot be stored, which is tried again', error),
    });
  }

  /** Adds the stored counts. Never rejects: without them, counting begins anew, and nothing is stored. */
  async load(): Promise<void> {
    const { clock, events } = this.#setup;
    const today = dayOf(clock.wallNow());
    try {
      for (const { name, windowMs } of this.#slos) {
        for (let day = today - windowMs / DAY_MS; day <= today; day++) await this.#read(name, day);
      }
    } catch (error) {
      warn(events, 'the stored counts of SLOs cannot be read; new counts are not stored', error);
      return;
    }
    this.#isRead = true;
    if (this.#changed.size > 0) this.#writes.changed();
  }

  /** Throws for a name that no objective has. */
  countsOf(name: string): SloCounts {
    const counts = this.#counts.get(name);
    if (counts === undefined) throw new Error(`there is no SLO '${name}'`);
    return counts;
  }

  add(name: string, isBad: boolean): void {
    const atMs = this.#setup.clock.wallNow();
    this.countsOf(name).add(atMs, isBad);
    const days = this.#changed.get(name) ?? new Set();
    this.#changed.set(name, days.add(dayOf(atMs)));
    if (this.#isRead) this.#writes.changed();
  }

  /** Stores all counts, if that is possible. */
  close(): Promise<void> {
    return this.#writes.close();
  }

  async #read(name: string, day: number): Promise<void> {
    this.countsOf(name).addDay(day, await this.#setup.snapshots.get(KIND, placeOf(name, day)));
  }

  async #write(): Promise<void> {
    const { snapshots } = this.#setup;
    for (const [name, days] of this.#changed) {
      for (const day of days) {
        days.delete(day);
        try {
          await snapshots.put(KIND, placeOf(name, day), this.countsOf(name).dayOf(day));
        } catch (error) {
          days.add(day);
          throw error;
        }
      }
      if (days.size === 0) this.#changed.delete(name);
    }
  }
}

/** Days since the Unix epoch. */
function dayOf(wallMs: number): number {
  return Math.floor(wallMs / DAY_MS);
}

function placeOf(name: string, day: number): string {
  return `${name}/${day % PLACES}`;
}
