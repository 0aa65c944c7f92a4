import { FairList, WaitingList } from '../core/index.js';
import { type Crowd, crowdsOut } from './fairness/fair-share.js';
import type { Pending } from './pending.js';

/** Whose request asks for a place on a level. */
export type Newcomer = Pick<Pending, 'level' | 'tenant' | 'weight'>;

interface Level {
  readonly number: number;
  readonly fresh: FairList<Pending>;
  /** Those whose time-out has put them behind the others of their level. */
  readonly delayed: FairList<Pending>;
}

/** Priority levels at which requests may wait at a time. */
const MAX_LEVELS = 1_000;

/**
 * The waiting requests of one model in the order in which they should run: those that must run alone first, then the
 * priority levels, in each of which tenants take turns.
 */
export class RequestQueue {
  readonly #retries = new WaitingList<Pending>();
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

  /**
   * Who of a full level makes room for one more request of a tenant: the newest of the tenant that has the most there for its weight. Undefined
   * where it would not have more than the other one then, so that nobody does.
   */
  displacedBy({ level, tenant, weight }: Newcomer): Pending | undefined {
    const found = this.#levels.find(({ number }) => number === level);
    if (found === undefined) return undefined;
    const { fresh, delayed } = found;
    const sizeIn = (name: string) => fresh.sizeOf(name) + delayed.sizeOf(name);
    const own = { size: sizeIn(tenant), weight };
    let largest: (Crowd & { readonly name: string }) | undefined;
    for (const list of [fresh, delayed]) {
      for (const other of list.tenants()) {
        const crowd = { ...other, size: sizeIn(other.name) };
        if (!crowdsOut(crowd, own)) continue;
        if (largest === undefined || crowd.size / crowd.weight > largest.size / largest.weight) largest = crowd;
      }
    }
    return largest && (fresh.newestOf(largest.name) ?? delayed.newestOf(largest.name));
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
    const list = this.#listOf(item);
    if (list instanceof FairList) list.remove(item, place === 'executing');
    else list.remove(item);
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

  /**
   * The next items in order, at most `most`. `except`: a tenant whose requests are left out; those that must run alone are not. `fromLevel`: the first
   * level; those that must run alone are of any.
   */
  peek(most: number, except?: string, fromLevel = 0): readonly Pending[] {
    const items: Pending[] = [];
    this.#retries.take(items, most);
    for (const { number, fresh, delayed } of this.#levels) {
      if (number < fromLevel) continue;
      fresh.take(items, most, except);
      delayed.take(items, most, except);
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

  #listOf(item: Pending): WaitingList<Pending> | FairList<Pending> {
    // A suspect of its caller's earlier attempt waits for its turn like any other.
    if (item.alone && !item.call.origin.runsAlone) return this.#retries;
    const { fresh, delayed } = this.#level(item.level);
    return item.delayed ? delayed : fresh;
  }

  /** There may be any number of levels, most of which nobody ever uses. */
  #level(number: number): Level {
    const at = this.#levels.findIndex((level) => level.number >= number);
    const found = this.#levels[at];
    if (found?.number === number) return found;
    const level = { number, fresh: new FairList<Pending>(), delayed: new FairList<Pending>() };
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
