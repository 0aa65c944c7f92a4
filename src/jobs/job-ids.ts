import type { JsonValue } from '../core/index.js';
import type { Snapshots } from '../store/index.js';
import { JobElsewhere, unknownJob } from './errors.js';
import { newJobId, newServerMark, readJobId, type ServerMark } from './job-id.js';

const KEPT = { kind: 'jobs', name: 'server' } as const;
const NO_MARK: ServerMark = { id: '', secret: '' };

/** Ids of the jobs of a store. Its mark is made with the first job. */
export class JobIds {
  readonly #snapshots: Snapshots;
  #mark: Promise<ServerMark> | undefined;
  #made: Promise<ServerMark> | undefined;

  constructor(snapshots: Snapshots) {
    this.#snapshots = snapshots;
  }

  /** A new id. */
  async make(nowMs: number): Promise<string> {
    this.#made ??= this.#known().then((known) => (known === NO_MARK ? this.#keep(newServerMark()) : known));
    this.#made.catch(() => {
      this.#made = undefined;
    });
    return newJobId(await this.#made, nowMs);
  }

  /** `own`: an id that {@link make} has made, whether its job is there or not. */
  async kindOf(id: string): Promise<'own' | 'elsewhere' | 'invalid'> {
    return readJobId(id, await this.#known());
  }

  /** Throws JobElsewhere for the id of another server, and `not_found` for what is no id. */
  async check(id: string): Promise<void> {
    const kind = await this.kindOf(id);
    if (kind === 'elsewhere') throw new JobElsewhere(id);
    if (kind === 'invalid') throw unknownJob(id);
  }

  /** Reads the mark of the store again. */
  async reload(): Promise<void> {
    this.#mark = undefined;
    this.#made = undefined;
    await this.#known();
  }

  async #keep(mark: ServerMark): Promise<ServerMark> {
    await this.#snapshots.put(KEPT.kind, KEPT.name, { ...mark });
    this.#mark = Promise.resolve(mark);
    return mark;
  }

  #known(): Promise<ServerMark> {
    this.#mark ??= this.#snapshots.get(KEPT.kind, KEPT.name).then(markOf);
    const reading = this.#mark;
    const forget = () => {
      if (this.#mark === reading) this.#mark = undefined;
    };
    // Another process may make it.
    reading.then((mark) => mark === NO_MARK && forget(), forget);
    return reading;
  }
}

function markOf(value: JsonValue | undefined): ServerMark {
  // It was written by this class.
  return value === undefined ? NO_MARK : (value as unknown as ServerMark);
}
