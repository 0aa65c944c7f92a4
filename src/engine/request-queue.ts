import type { Pending } from './pending.js';

/**
 * Waiting items in order; leaving is O(1) anywhere. The items themselves are the links of the list: a Set's outgrown
 * tables are promoted by the garbage collector and keep requests and their data alive until the next full collection.
 */
class WaitingList {
  #first: Pending | undefined;
  #last: Pending | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  append(item: Pending): void {
    item.before = this.#last;
    if (this.#last === undefined) this.#first = item;
    else this.#last.behind = item;
    this.#last = item;
    this.#size++;
  }

  prepend(item: Pending): void {
    item.behind = this.#first;
    if (this.#first === undefined) this.#last = item;
    else this.#first.before = item;
    this.#first = item;
    this.#size++;
  }

  remove(item: Pending): void {
    const { before, behind } = item;
    if (before === undefined) this.#first = behind;
    else before.behind = behind;
    if (behind === undefined) this.#last = before;
    else behind.before = before;
    item.before = undefined;
    item.behind = undefined;
    this.#size--;
  }

  /** Appends items, oldest first, until `into` holds `most`. */
  take(into: Pending[], most: number): void {
    for (let item = this.#first; item !== undefined && into.length < most; item = item.behind) into.push(item);
  }
}

interface Level {
  readonly number: number;
  readonly fresh: WaitingList;
  /** Those whose time-out has put them behind the others of their level. */
  readonly delayed: WaitingList;
}

/** Priority levels at which requests may wait at a time. */
const MAX_LEVELS = 1_000;

/**
 * The waiting requests of one model in the order in which they should run: those that must run alone first, then the
 * priority levels. It decides nothing.
 */
export class RequestQueue {
  readonly #retries = new WaitingList();
  /** Those at which somebody waits, or has waited, in order. */
  readonly #levels: Level[] = [];
  #length = 0;
  #sizeBytes = 0;

  get length(): number {
    return this.#length;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Requests that wait on one level; Infinity where so many others are taken that there is no room for another level. */
  lengthOfLevel(number: number): number {
    const level = this.#levels.find((known) => known.number === number);
    if (level !== undefined) return sizeOf(level);
    return this.#levels.length >= MAX_LEVELS && this.#levels.every((known) => sizeOf(known) > 0)
      ? Number.POSITIVE_INFINITY
      : 0;
  }

  push(item: Pending): void {
    this.#entered(item);
    this.#listOf(item).append(item);
  }

  /** Puts items back in front of their level: they were on their way. Those that run alone stay in the order in which they come. */
  pushFront(items: readonly Pending[]): void {
    for (const item of items) if (item.alone) this.push(item);
    for (const item of items.toReversed()) {
      if (item.alone) continue;
      this.#entered(item);
      this.#listOf(item).prepend(item);
    }
  }

  /** Takes an item out; `place` is where it goes. */
  remove(item: Pending, place: 'executing' | 'gone'): void {
    this.#listOf(item).remove(item);
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
    this.#retries.take(items, most);
    for (const { fresh, delayed } of this.#levels) {
      fresh.take(items, most);
      delayed.take(items, most);
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

  #listOf(item: Pending): WaitingList {
    if (item.alone) return this.#retries;
    const { fresh, delayed } = this.#level(item.level);
    return item.delayed ? delayed : fresh;
  }

  /** There may be any number of levels, most of which nobody ever uses. */
  #level(number: number): Level {
    const at = this.#levels.findIndex((level) => level.number >= number);
    const found = this.#levels[at];
    if (found?.number === number) return found;
    const level = { number, fresh: new WaitingList(), delayed: new WaitingList() };
    this.#levels.splice(at < 0 ? this.#levels.length : at, 0, level);
    if (this.#levels.length > MAX_LEVELS) this.#forgetEmpty(level);
    return level;
  }

  #forgetEmpty(kept: Level): void {
    const used = this.#levels.filter((level) => level === kept || sizeOf(level) > 0);
    this.#levels.splice(0, this.#levels.length, ...used);
  }
}

function sizeOf({ fresh, delayed }: Level): number {
  return fresh.size + delayed.size;
}
