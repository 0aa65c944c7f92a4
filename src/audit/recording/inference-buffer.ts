import type { Clock, Events, Timer } from '../../core/index.js';
import type { EncodedEntry } from '../chain/link.js';
import { encodeEntry } from '../entries.js';
import { type ClosedGroup, type InferenceDetail, InferenceGroup } from './inference-group.js';

/** Inferences that wait for the disk at most; beyond, they are dropped, or refused. */
export const MAX_WAITING = 20_000;
const DELAY_MS = 100;
const RETRY_MS = 1_000;

export interface InferenceBufferSetup {
  /** Writes entries; rejects where none of them is written. */
  readonly write: (entries: readonly EncodedEntry[]) => Promise<unknown>;
  readonly clock: Clock;
  /** Nothing is dropped: whoever adds asks {@link InferenceBuffer.isFull} before. */
  readonly keepsAll: boolean;
}

/** Inferences on their way to the files. They wait for nobody: those of a tenth of a second are written together. */
export class InferenceBuffer {
  readonly #setup: InferenceBufferSetup;
  readonly #group = new InferenceGroup();
  #closed: ClosedGroup[] = [];
  /** Those that were added, and are neither written nor dropped. */
  #waiting = 0;
  #dropped = 0;
  /** Until what waits is written; not while something is. */
  #timer: Timer | undefined;
  /** Resolves when what is being written is, or cannot be. */
  #writing: Promise<void> | undefined;

  constructor(setup: InferenceBufferSetup) {
    this.#setup = setup;
  }

  /** As many wait as may. */
  get isFull(): boolean {
    return this.#waiting >= MAX_WAITING;
  }

  add(event: Events['inferFinished'], detail: InferenceDetail): void {
    if (this.isFull && !this.#setup.keepsAll) {
      this.#dropped++;
    } else {
      this.#waiting++;
      this.#group.add(event, detail);
      if (this.#group.isFull) this.#closed.push(this.#group.close());
    }
    if (this.#timer === undefined && this.#writing === undefined) this.#writeLater(DELAY_MS);
  }

  /** Writes what waits, and resolves when it is written or cannot be. */
  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    await this.#write();
  }

  /** Resolves when what was added has been written, or cannot be. */
  async close(): Promise<void> {
    await this.flush();
    this.#timer?.clear();
  }

  #writeLater(delayMs: number): void {
    this.#timer = this.#setup.clock.setTimer(delayMs, () => void this.#write());
  }

  /** Not while something is written. */
  #write(): Promise<void> | undefined {
    this.#timer?.clear();
    this.#timer = undefined;
    if (this.#group.count > 0) this.#closed.push(this.#group.close());
    const groups = this.#closed;
    const dropped = this.#dropped;
    if (groups.length === 0 && dropped === 0) return undefined;
    this.#closed = [];
    this.#dropped = 0;
    this.#writing = this.#append(groups, dropped);
    return this.#writing;
  }

  async #append(groups: readonly ClosedGroup[], dropped: number): Promise<void> {
    const { write, clock, keepsAll } = this.#setup;
    const isWritten = await write([...droppedEntry(dropped, clock), ...groups.map(({ entry }) => entry)]).then(
      () => true,
      () => false,
    );
    const count = groups.reduce((sum, group) => sum + group.count, 0);
    if (isWritten || !keepsAll) this.#waiting -= count;
    if (!isWritten) this.#dropped += keepsAll ? dropped : dropped + count;
    if (!isWritten && keepsAll) this.#closed = [...groups, ...this.#closed];
    this.#writing = undefined;
    if (this.#waiting + this.#dropped > 0) this.#writeLater(isWritten ? DELAY_MS : RETRY_MS);
  }
}

function droppedEntry(count: number, clock: Clock): readonly string[] {
  if (count === 0) return [];
  return [encodeEntry({ type: 'dropped', time: new Date(clock.wallNow()).toISOString(), count })];
}
