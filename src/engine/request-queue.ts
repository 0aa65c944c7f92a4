import type { Pending } from './pending.js';

/** In order of arrival; leaving is O(1) anywhere. */
type Lane = Set<Pending>;

interface Level {
  readonly fresh: Lane;
  /** Those whose time-out has put them behind the others of their level. */
  readonly delayed: Lane;
}

/**
 * The waiting requests of one model in the order in which they should run: those that must run alone first, then the
 * priority levels. It decides nothing.
 */
export class RequestQueue {
  readonly #retries: Lane = new Set();
  readonly #levels: readonly Level[];
  #length = 0;
  #sizeBytes = 0;

  constructor(levels: number) {
    this.#levels = Array.from({ length: levels }, () => ({ fresh: new Set(), delayed: new Set() }));
  }

  get length(): number {
    return this.#length;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Requests that wait on one level. */
  lengthOfLevel(level: number): number {
    const { fresh, delayed } = this.#level(level);
    return fresh.size + delayed.size;
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

  /** Moves an item behind the others of its level (queue policy `delay`). */
  delay(item: Pending): void {
    this.remove(item, 'gone');
    item.delayed = true;
    this.push(item);
  }

  /** The next items in order, at most `most`. */
  peek(most: number): readonly Pending[] {
    const items: Pending[] = [];
    take(this.#retries, items, most);
    for (const { fresh, delayed } of this.#levels) {
      take(fresh, items, most);
      take(delayed, items, most);
    }
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
    const { fresh, delayed } = this.#level(item.level);
    return item.delayed ? delayed : fresh;
  }

  #level(number: number): Level {
    const level = this.#levels[number - 1];
    if (level === undefined) throw new RangeError(`no priority level ${number}`);
    return level;
  }
}

function take(lane: Lane, into: Pending[], most: number): void {
  if (lane.size === 0) return;
  for (const item of lane) {
    if (into.length >= most) return;
    into.push(item);
  }
}
