import { BinaryHeap } from './binary-heap.js';
import { type Linked, WaitingList } from './waiting-list.js';

/** Tenants that are remembered although nothing of theirs waits, beside as many as wait: what they are ahead of others is forgotten then. */
const MANY_AHEAD = 64;
/** Tenants that are known still when nobody waits: most are the next to come, too. */
const MANY_KNOWN = 16;

/** Whose requests take turns as one with those of others. */
export interface Tenant {
  readonly name: string;
  /** How much it gets beside the others: with 2 twice as much as with 1. More than 0. */
  readonly weight: number;
}

/** A request of a {@link FairList}. */
export interface FairItem<Item> extends Linked<Item> {
  /** Grows with each that comes. */
  readonly callId: number;
  readonly tenant: string;
  readonly weight: number;
  /** The part of its tenant's share that running it takes: its cost by the weight. */
  readonly charge: number;
}

/** One tenant's requests that wait, in order. */
interface Line<Item extends FairItem<Item>> {
  readonly tenant: string;
  weight: number;
  readonly items: WaitingList<Item>;
  /** Virtual time at which the first of them is due. */
  dueAt: number;
  /** Where it is among those who wait; -1 = nothing of it waits. */
  place: number;
}

/** A request in the order of all. */
interface Cursor<Item> {
  readonly item: Item;
  readonly dueAt: number;
  /** Of the line that it is the first of; -1 = it is behind another one. */
  readonly place: number;
}

/**
 * Waiting requests of several tenants, who take turns by weight: start-time fair queueing. Each tenant's requests are due one after the other, each as
 * much later than the one before as that takes of the tenant's share; the one that is due first runs first. Virtual time is when the one that began
 * last was due, so a tenant that comes when others have waited for long comes next, and one that has had much for itself alone owes nobody
 * anything. With one tenant, it is a plain line. Costs follow those who wait, not those who are known.
 */
export class FairList<Item extends FairItem<Item>> {
  readonly #lines = new Map<string, Line<Item>>();
  readonly #waiting = new BinaryHeap<Line<Item>>(isBefore, (line, index) => {
    line.place = index;
  });
  #now = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Tenants of whom something waits, or who are ahead of the others; when nobody waits, a few that did. */
  get remembered(): number {
    return this.#lines.size;
  }

  append(item: Item): void {
    const line = this.#lineOf(item);
    this.#size++;
    line.items.append(item);
    if (line.place >= 0) return;
    line.dueAt = Math.max(line.dueAt, this.#now);
    this.#waiting.push(line);
  }

  /** It has been taken out to run, and has not run: it gets back what that took. */
  prepend(item: Item): void {
    const line = this.#lineOf(item);
    this.#size++;
    line.items.prepend(item);
    // Virtual time began at 0 when all was forgotten last, what this one took included.
    line.dueAt = Math.max(0, line.dueAt - item.charge);
    if (line.place >= 0) this.#waiting.changed(line.place);
    else this.#waiting.push(line);
  }

  /** `runs`: it is its tenant's turn, and not that it leaves. */
  remove(item: Item, runs: boolean): void {
    const line = this.#lineOf(item);
    line.items.remove(item);
    this.#size--;
    if (runs) {
      this.#now = Math.max(this.#now, line.dueAt);
      line.dueAt += item.charge;
    }
    if (line.items.size > 0) this.#waiting.changed(line.place);
    else this.#waiting.remove(line.place);
    if (line.place < 0) this.#forget(line);
  }

  /** Appends items in order until `into` holds `most`; none of the tenant `except`. */
  take(into: Item[], most: number, except?: string): void {
    const first = this.#waiting.at(0);
    if (first === undefined) return;
    if (this.#waiting.size === 1) {
      if (first.tenant !== except) first.items.take(into, most);
      return;
    }
    // The least of all lines are looked for from the top of the heap on: as many as are taken, however many there are.
    const next = new BinaryHeap<Cursor<Item>>(isDueBefore);
    this.#offer(next, 0, except);
    for (let cursor = next.at(0); cursor !== undefined && into.length < most; cursor = next.at(0)) {
      const { item, dueAt, place } = cursor;
      into.push(item);
      if (item.behind === undefined) next.pop();
      else next.replaceTop({ item: item.behind, dueAt: dueAt + item.charge, place: -1 });
      if (place < 0) continue;
      this.#offer(next, 2 * place + 1, except);
      this.#offer(next, 2 * place + 2, except);
    }
  }

  /** Of whom something waits, in no order. */
  *tenants(): Iterable<Tenant> {
    for (let place = 0; place < this.#waiting.size; place++) {
      const { tenant: name, weight } = this.#waiting.at(place) as Line<Item>;
      yield { name, weight };
    }
  }

  /** How many requests of a tenant wait. */
  sizeOf(tenant: string): number {
    return this.#lines.get(tenant)?.items.size ?? 0;
  }

  newestOf(tenant: string): Item | undefined {
    return this.#lines.get(tenant)?.items.last;
  }

  #offer(cursors: BinaryHeap<Cursor<Item>>, place: number, except: string | undefined): void {
    const line = this.#waiting.at(place);
    if (line === undefined) return;
    if (line.tenant === except) {
      this.#offer(cursors, 2 * place + 1, except);
      this.#offer(cursors, 2 * place + 2, except);
    } else if (line.items.first !== undefined) cursors.push({ item: line.items.first, dueAt: line.dueAt, place });
  }

  #lineOf({ tenant, weight }: Item): Line<Item> {
    const known = this.#lines.get(tenant);
    if (known !== undefined) {
      known.weight = weight;
      return known;
    }
    const line: Line<Item> = { tenant, weight, items: new WaitingList(), dueAt: this.#now, place: -1 };
    this.#lines.set(tenant, line);
    return line;
  }

  /** Nothing of it waits. What it is ahead of the others counts until they have caught up, or nobody waits. */
  #forget({ tenant, dueAt }: Line<Item>): void {
    if (this.#size === 0) {
      this.#now = 0;
      // A Map that is cleared for each request leaves tables that keep each other, and those in them, until the next full collection of garbage.
      if (this.#lines.size > MANY_KNOWN) this.#lines.clear();
      else for (const line of this.#lines.values()) line.dueAt = 0;
      return;
    }
    if (dueAt <= this.#now) this.#lines.delete(tenant);
    else if (this.#lines.size > 2 * this.#waiting.size + MANY_AHEAD) {
      for (const line of this.#lines.values()) {
        if (line.place < 0) this.#lines.delete(line.tenant);
      }
    }
  }
}

function isBefore<Item extends FairItem<Item>>(left: Line<Item>, right: Line<Item>): boolean {
  if (left.dueAt !== right.dueAt) return left.dueAt < right.dueAt;
  return (left.items.first?.callId ?? 0) < (right.items.first?.callId ?? 0);
}

/** Of those that are due at the same time, whoever came first. */
function isDueBefore<Item extends FairItem<Item>>(left: Cursor<Item>, right: Cursor<Item>): boolean {
  if (left.dueAt !== right.dueAt) return left.dueAt < right.dueAt;
  return left.item.callId < right.item.callId;
}
