import type { Clock, Timer } from '../../core/index.js';
import { encodeEntry } from '../entries.js';

/** Entries that wait at most; beyond, they are dropped, or inferences refused. */
export const MAX_QUEUED = 20_000;
const GROUP = 1_000;
const GROUP_DELAY_MS = 100;
/** Groups that are written at the same time. */
const MAX_GROUPS = 2;
const RETRY_MS = 1_000;

/** Writes a group; rejects where none of it is written. */
export type WriteGroup = (entries: readonly string[]) => Promise<unknown>;

export interface InferenceBufferSetup {
  readonly write: WriteGroup;
  readonly clock: Clock;
  /** Nothing is dropped: whoever adds asks {@link InferenceBuffer.isFull} before. */
  readonly keepsAll: boolean;
}

/** Entries of inferences on their way to the files: they go in groups, and wait for nobody. */
export class InferenceBuffer {
  readonly #setup: InferenceBufferSetup;
  #queued: string[] = [];
  #groups = 0;
  #timer: Timer | undefined;
  #dropped = 0;
  #onIdle: (() => void) | undefined;
  #isClosing = false;
  /** The group that was sent last. */
  #last: Promise<void> = Promise.resolve();

  constructor(setup: InferenceBufferSetup) {
    this.#setup = setup;
  }

  /** As many wait as may. */
  get isFull(): boolean {
    return this.#queued.length >= MAX_QUEUED;
  }

  add(entry: string): void {
    if (this.isFull && !this.#setup.keepsAll) this.#dropped++;
    else this.#queued.push(entry);
    if (this.#queued.length >= GROUP) this.#flush();
    else if (this.#timer === undefined) this.#flushLater(GROUP_DELAY_MS);
  }

  /** Writes what waits, as far as that goes at once, and resolves when it is written or cannot be. */
  async flush(): Promise<void> {
    this.#flush();
    await this.#last;
  }

  /** Resolves when what was added has been written, or cannot be. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#flush();
    if (this.#groups > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    this.#timer?.clear();
  }

  #flushLater(delayMs: number): void {
    this.#timer?.clear();
    this.#timer = this.#setup.clock.setTimer(delayMs, () => {
      this.#timer = undefined;
      this.#flush();
    });
  }

  #flush(): void {
    while (this.#groups < MAX_GROUPS && (this.#queued.length > 0 || this.#dropped > 0)) {
      const group = this.#queued.splice(0, GROUP);
      const dropped = this.#dropped;
      this.#dropped = 0;
      this.#groups++;
      this.#last = this.#setup.write([...droppedEntry(dropped, this.#setup.clock), ...group]).then(
        () => this.#ended(true),
        () => {
          this.#dropped += dropped;
          if (this.#setup.keepsAll) this.#queued = [...group, ...this.#queued];
          else this.#dropped += group.length;
          this.#ended(false);
        },
      );
    }
  }

  #ended(isWritten: boolean): void {
    this.#groups--;
    const isDone = this.#queued.length === 0 && this.#dropped === 0;
    if (isWritten && (this.#queued.length >= GROUP || (this.#isClosing && !isDone))) this.#flush();
    else if (!isWritten || (!isDone && this.#timer === undefined))
      this.#flushLater(isWritten ? GROUP_DELAY_MS : RETRY_MS);
    if (this.#groups === 0) this.#onIdle?.();
  }
}

function droppedEntry(count: number, clock: Clock): readonly string[] {
  if (count === 0) return [];
  return [encodeEntry({ type: 'dropped', time: new Date(clock.wallNow()).toISOString(), count })];
}
