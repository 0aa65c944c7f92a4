import type { WebhookLane } from '../store/index.js';
import type { WebhooksOptions } from './options.js';

type Limits = Pick<WebhooksOptions, 'concurrency' | 'concurrencyPerHost' | 'concurrencyPerPrincipal' | 'ratePerHost'>;

/** Pending notifications of one owner to one host. */
export interface Lane extends WebhookLane {
  /** None of those that are not under way is due before; milliseconds since the Unix epoch. */
  dueAtMs: number;
  /** About how many are pending. */
  pending: number;
  /** The receiver asks for no further one before. */
  notBeforeMs: number;
  /** Numbers of the jobs whose notifications are under way. */
  readonly underWay: Set<number>;
}

const NEVER = Number.POSITIVE_INFINITY;

/** Whose notification is next: lanes take turns, within what a host, an owner and all together may have at once. */
export class WebhookLanes {
  readonly #limits: Limits;
  /** In the order of their turns. */
  readonly #lanes = new Map<string, Lane>();
  readonly #perHost = new Map<string, number>();
  readonly #perOwner = new Map<string, number>();
  /** When the next attempt to a host may begin. */
  readonly #hostFreeAtMs = new Map<string, number>();
  #underWay = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** About how many notifications are pending. */
  get pending(): number {
    let sum = 0;
    for (const lane of this.#lanes.values()) sum += lane.pending;
    return sum;
  }

  /** A notification is pending. */
  add({ owner, host }: WebhookLane, dueAtMs: number): void {
    const key = keyOf(owner, host);
    const lane = this.#lanes.get(key);
    if (lane === undefined) {
      this.#lanes.set(key, { owner, host, dueAtMs, pending: 1, notBeforeMs: 0, underWay: new Set() });
      return;
    }
    lane.dueAtMs = Math.min(lane.dueAtMs, dueAtMs);
    lane.pending++;
  }

  /** A lane that has one that is due, and room for it; it is behind the others then. */
  next(nowMs: number): Lane | undefined {
    if (this.#underWay >= this.#limits.concurrency) return undefined;
    for (const [key, lane] of this.#lanes) {
      if (!this.#hasRoom(lane) || this.#readyAtMs(lane) > nowMs) continue;
      this.#lanes.delete(key);
      this.#lanes.set(key, lane);
      return lane;
    }
    return undefined;
  }

  /** When a lane that has room is due next; infinite where there is none. */
  nextDueMs(): number {
    if (this.#underWay >= this.#limits.concurrency) return NEVER;
    let next = NEVER;
    for (const lane of this.#lanes.values()) if (this.#hasRoom(lane)) next = Math.min(next, this.#readyAtMs(lane));
    return next;
  }

  began(lane: Lane, jobNumber: number, nowMs: number): void {
    lane.underWay.add(jobNumber);
    this.#underWay++;
    change(this.#perHost, lane.host, 1);
    change(this.#perOwner, lane.owner, 1);
    this.#hostFreeAtMs.set(lane.host, nowMs + 1_000 / this.#limits.ratePerHost);
  }

  ended(lane: Lane, jobNumber: number): void {
    lane.underWay.delete(jobNumber);
    this.#underWay--;
    change(this.#perHost, lane.host, -1);
    change(this.#perOwner, lane.owner, -1);
    this.drop(lane);
  }

  /** Forgets a lane that has nothing. */
  drop(lane: Lane): void {
    if (lane.dueAtMs !== NEVER || lane.underWay.size > 0) return;
    this.#lanes.delete(keyOf(lane.owner, lane.host));
    for (const { host } of this.#lanes.values()) if (host === lane.host) return;
    this.#hostFreeAtMs.delete(lane.host);
  }

  #readyAtMs(lane: Lane): number {
    return Math.max(lane.dueAtMs, lane.notBeforeMs, this.#hostFreeAtMs.get(lane.host) ?? 0);
  }

  #hasRoom({ owner, host, underWay }: Lane): boolean {
    const { concurrencyPerHost, concurrencyPerPrincipal } = this.#limits;
    return (
      underWay.size < Math.max(1, Math.floor(concurrencyPerHost / 2)) &&
      (this.#perHost.get(host) ?? 0) < concurrencyPerHost &&
      (this.#perOwner.get(owner) ?? 0) < concurrencyPerPrincipal
    );
  }
}

function change(counts: Map<string, number>, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}

function keyOf(owner: string, host: string): string {
  return `${owner}\0${host}`;
}
