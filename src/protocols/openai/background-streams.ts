import type { Clock } from '../../core/index.js';

const MAX_BYTES_EACH = 2_097_152;
const MAX_STREAMS_PER_OWNER = 64;
const MAX_STREAMS = 512;
/** How long events of a response are kept once it has been generated. */
const KEEP_MS = 600_000;

/** An event of a stream: its sequence number, and the event as it is sent. */
export interface StreamedEvent {
  readonly number: number;
  readonly text: string;
}

interface Stream {
  readonly owner: string;
  events: StreamedEvent[];
  sizeBytes: number;
  /** Milliseconds of the clock; undefined = it is being generated. */
  endedAt: number | undefined;
}

/** A wait for further events of a response. */
export interface EventWait {
  readonly changed: Promise<undefined>;
  close(): void;
}

/**
 * Events of responses that are generated in the background, in memory, so that clients can go on reading where they have left off. Where there
 * is no room, a stream is dropped as a whole, the oldest one first: its readers get the response once it has ended.
 */
export class BackgroundStreams {
  readonly #clock: Clock;
  /** By response, oldest first. */
  readonly #streams = new Map<string, Stream>();
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A response is generated from now on; events of an earlier attempt are dropped. */
  begin(id: string, owner: string): void {
    this.#streams.delete(id);
    this.#makeRoom(owner);
    this.#streams.set(id, { owner, events: [], sizeBytes: 0, endedAt: undefined });
  }

  add(id: string, event: StreamedEvent): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    stream.events.push(event);
    stream.sizeBytes += event.text.length;
    if (stream.sizeBytes > MAX_BYTES_EACH) this.#streams.delete(id);
    this.#wake(id);
  }

  /** No more events come. */
  end(id: string): void {
    const stream = this.#streams.get(id);
    if (stream !== undefined) stream.endedAt = this.#clock.now();
    this.#wake(id);
  }

  drop(id: string): void {
    this.#streams.delete(id);
  }

  /** Events of a response with higher numbers than `after`. */
  eventsAfter(id: string, after: number): readonly StreamedEvent[] {
    const { events = [] } = this.#streams.get(id) ?? {};
    // Numbers of an attempt follow one another.
    const from = Math.max(0, after + 1 - (events[0]?.number ?? 0));
    return events.slice(from);
  }

  /** Waits from now on for the next event. */
  wait(id: string): EventWait {
    const waiting = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, waiting);
    let close: () => void = () => undefined;
    const changed = new Promise<undefined>((resolve) => {
      close = () => {
        waiting.delete(close);
        if (waiting.size === 0 && this.#waiting.get(id) === waiting) this.#waiting.delete(id);
        resolve(undefined);
      };
    });
    waiting.add(close);
    return { changed, close };
  }

  #wake(id: string): void {
    for (const close of this.#waiting.get(id) ?? []) close();
  }

  #makeRoom(owner: string): void {
    const keptSince = this.#clock.now() - KEEP_MS;
    const own: string[] = [];
    for (const [id, { owner: whose, endedAt }] of this.#streams) {
      if (endedAt !== undefined && endedAt < keptSince) this.#streams.delete(id);
      else if (whose === owner) own.push(id);
    }
    const [oldestOwn] = own;
    if (own.length >= MAX_STREAMS_PER_OWNER && oldestOwn !== undefined) this.#streams.delete(oldestOwn);
    const [oldest] = this.#streams.keys();
    if (this.#streams.size >= MAX_STREAMS && oldest !== undefined) this.#streams.delete(oldest);
  }
}
