import type { Pending } from './pending.js';

/** Taken-out items are skipped; their slots are given back when this many have gathered at least. */
const COMPACT_AT = 64;

/** A list from which items may leave anywhere: a leaver only changes its `place`, the list forgets it later. */
class Lane {
  #items: Pending[] = [];
  #head = 0;
  #live = 0;

  get live(): number {
    return this.#live;
  }

  push(item: Pending): void {
    this.#items.push(item);
    this.#live++;
  }

  unshift(items: readonly Pending[]): void {
    this.#items = [...items, ...this.#items.slice(this.#head)];
    this.#head = 0;
    this.#live += items.length;
  }

  /** Bookkeeping for one item that has left. */
  left(): void {
    this.#live--;
    if (this.#live === 0) {
      this.#items = [];
      this.#head = 0;
      return;
    }
    const dead = this.#items.length - this.#head - this.#live;
    if (dead + this.#head > COMPACT_AT && dead + this.#head > this.#live) {
      this.#items = this.#items.slice(this.#head).filter((item) => item.place === 'queued');
      this.#head = 0;
    }
  }

  /** Appends waiting items, oldest first, until `into` holds `most`. */
  peek(into: Pending[], most: number): void {
    while (this.#head < this.#items.length && this.#items[this.#head]?.place !== 'queued') this.#head++;
    for (let index = this.#head; index < this.#items.length && into.length < most; index++) {
      const item = this.#items[index] as Pending;
      if (item.place === 'queued') into.push(item);
    }
  }
}

/**
 * The waiting requests of one model in the order in which they should run: those that must run alone first, then the
 * priority levels, then the ones whose time-out delays them. Leaving is O(1) anywhere. It decides nothing.
 */
export class RequestQueue {
  readonly #retries = new Lane();
  readonly #levels: Lane[];
  readonly #delayed = new Lane();
  #length = 0;
  #sizeBytes = 0;

  constructor(levels: number) {
    this.#levels = Array.from({ length: levels }, () => new Lane());
  }

  get length(): number {
    return this.#length;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Requests that wait on one level, those that a time-out has delayed not included. */
  lengthOfLevel(level: number): number {
    return this.#level(level).live;
  }

  push(item: Pending): void {
    this.#entered(item);
    this.#laneOf(item).push(item);
  }

  /** Puts items back in front of their level: they were on their way, but nothing had begun. */
  pushFront(items: readonly Pending[]): void {
    for (const item of items) this.#entered(item);
    for (const lane of new Set(items.map((item) => this.#laneOf(item)))) {
      lane.unshift(items.filter((item) => this.#laneOf(item) === lane));
    }
  }

  /** Takes an item out; `place` is where it goes. */
  remove(item: Pending, place: 'executing' | 'gone'): void {
    const lane = this.#laneOf(item);
    item.place = place;
    lane.left();
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
    this.#retries.peek(items, most);
    for (const level of this.#levels) {
      if (items.length >= most) return items;
      if (level.live > 0) level.peek(items, most);
    }
    this.#delayed.peek(items, most);
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
