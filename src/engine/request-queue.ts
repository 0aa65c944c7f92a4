import type { Pending } from './pending.js';

/** In order of arrival; leaving is O(1) anywhere. */
type Lane = Set<Pending>;

/**
 * The waiting requests of one model in the order in which they should run: those that must run alone first, then the
 * priority levels, then the ones whose time-out delays them. It decides nothing.
 */
export class RequestQueue {
  readonly #retries: Lane = new Set();
  readonly #levels: Lane[];
  readonly #delayed: Lane = new Set();
  #length = 0;
  #sizeBytes = 0;

  constructor(levels: number) {
    this.#levels = Array.from({ length: levels }, () => new Set<Pending>());
  }

  get length(): number {
    return this.#length;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Requests that wait on one level, those that a time-out has delayed not included. */
  lengthOfLevel(level: number): number {
    return this.#level(level).size;
  }

  push(item: Pending): void {
    this.#entered(item);
    this.#laneOf(item).add(item);
  }

  /** Puts items back in front of their level: they were on their way, but nothing had begun. */
  pushFront(items: readonly Pending[]): void {
    for (const lane of new Set(items.map((item) => this.#laneOf(item)))) {
      const behind = [...lane];
      lane.clear();
      for (const item of items) if (this.#laneOf(item) === lane) lane.add(item);
      for (const item of behind) lane.add(item);
    }
    for (const item of items) this.#entered(item);
  }

  /** Takes an item out; `place` is where it goes. */
  remove(item: Pending, place: 'executing' | 'gone'): void {
    this.#laneOf(item).delete(item);
    item.place = place;
    this.#length--;
    this.#sizeBytes -= item.checked.sizeBytes;
  }

  /** Moves an item behind all others (queue policy `delay`). */
  delay(item: Pending): void {
    this.remove(item, 'gone');
    item.delayed = true;
    this.push(item);
  }

  /** The next items in order, at most `most`. */
  peek(most: number): readonly Pending[] {
    const items: Pending[] = [];
    take(this.#retries, items, most);
    for (const level of this.#levels) take(level, items, most);
    take(this.#delayed, items, most);
    return items;
  }

  /** Every waiting item, in order. */
  all(): readonly Pending[] {
    return this.peek(Number.POSITIVE_INFINITY);
  }

  #entered(item: Pending): void {
    item.place = 'queued';
    this.#length++;
    this.#sizeBytes += item.checked.sizeBytes;
  }

  #laneOf(item: Pending): Lane {
    if (item.alone) return this.#retries;
    return item.delayed ? this.#delayed : this.#level(item.level);
  }

  #level(level: number): Lane {
    const lane = this.#levels[level - 1];
    if (lane === undefined) throw new RangeError(`no priority level ${level}`);
    return lane;
  }
}

function take(lane: Lane, into: Pending[], most: number): void {
  if (lane.size === 0) return;
  for (const item of lane) {
    if (into.length >= most) return;
    into.push(item);
  }
}
