import { type Clock, invalidArgument } from '../core/index.js';

/** So much of a resource that a batch needs while it runs. */
export interface ResourceNeed {
  readonly name: string;
  readonly count: number;
}

/** Somebody whose batches need resources: one loaded generation. */
export interface ResourceUser {
  readonly model: string;
  readonly needs: readonly ResourceNeed[];
  /** At least 1; 2 gets half the turns of 1 where both wait. */
  readonly priority: number;
  /** There may be enough now: it schedules at once and takes what that needs. */
  readonly wake: () => void;
}

/** What a batch has taken; released once. */
export interface Permit {
  release(): void;
}

/** A user's access to the resources. */
export interface ResourceAccess {
  /** For one batch, on behalf of the `callers` (names of models) of its members; undefined = wait to be woken. */
  take(callers: Iterable<string>): Permit | undefined;
  /** Who asks on behalf of these has something already, and does not wait. */
  exempts(callers: Iterable<string>): boolean;
  /** Has nothing to run any more, so that nobody has to let it go first. */
  withdraw(): void;
  /** Needs nothing any more; what its batches hold is still to be released. */
  leave(): void;
}

interface Member extends ResourceUser {
  turns: number;
}

const EXEMPT: Permit = { release: () => undefined };

/**
 * Named resources that the batches of several models share (Triton's rate limiter). Of those that wait, the one that has
 * had the fewest turns by its priority is asked first, and nobody overtakes it where both need something that is taken.
 * A model waits only because something is taken, so that a release will follow and wake all that wait.
 */
export class ResourceLimiter {
  readonly #limits: ReadonlyMap<string, number>;
  readonly #clock: Clock;
  readonly #used = new Map<string, number>();
  readonly #members = new Set<Member>();
  readonly #waiting = new Set<Member>();
  /** Given back, and free at the next distribution. */
  #returned: ResourceNeed[] = [];

  /** `limits`: what there is by name; of others there is as much as the one who needs most of it. */
  constructor(limits: ReadonlyMap<string, number>, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Throws `invalid_argument` for a need that can never be met. */
  join(user: ResourceUser): ResourceAccess {
    for (const { name, count } of user.needs) {
      const limit = this.#limits.get(name);
      if (limit === undefined || count <= limit) continue;
      throw invalidArgument(
        `instances.rateLimiter needs ${count} of resource '${name}', but engine.rateLimitResources has ${limit}`,
      );
    }
    const member: Member = { ...user, turns: 0 };
    this.#members.add(member);
    return {
      take: (callers) => this.#take(member, callers),
      exempts: (callers) => this.#exempts(callers),
      withdraw: () => {
        if (this.#waiting.delete(member)) this.#clock.defer(() => this.#distribute());
      },
      leave: () => {
        this.#members.delete(member);
        this.#waiting.delete(member);
      },
    };
  }

  #take(member: Member, callers: Iterable<string>): Permit | undefined {
    // A caller that holds something while it waits for the answer: two such could wait for each other.
    if (this.#exempts(callers)) return EXEMPT;
    if (!this.#fits(member) || this.#overtakes(member)) {
      this.#waiting.add(member);
      return undefined;
    }
    this.#waiting.delete(member);
    member.turns++;
    this.#add(member.needs, 1);
    return { release: () => this.#release(member.needs) };
  }

  #release(needs: readonly ResourceNeed[]): void {
    if (this.#waiting.size === 0 && this.#returned.length === 0) {
      this.#add(needs, -1);
      return;
    }
    // Not at once: the one that releases something would be the first to take it again.
    if (this.#returned.length === 0) this.#clock.defer(() => this.#distribute());
    this.#returned.push(...needs);
  }

  #distribute(): void {
    this.#add(this.#returned, -1);
    this.#returned = [];
    const waiting = [...this.#waiting].sort((a, b) => standing(a) - standing(b));
    this.#waiting.clear();
    for (const { wake } of waiting) wake();
  }

  #fits({ needs }: Member): boolean {
    return needs.every(({ name, count }) => this.#usedOf(name) + count <= this.#limitOf(name));
  }

  #overtakes(member: Member): boolean {
    for (const other of this.#waiting) {
      if (other === member || standing(other) >= standing(member)) continue;
      const needs = (name: string) => member.needs.some((need) => need.name === name);
      if (other.needs.some(({ name }) => this.#usedOf(name) > 0 && needs(name))) return true;
    }
    return false;
  }

  #exempts(callers: Iterable<string>): boolean {
    for (const model of callers) for (const member of this.#members) if (member.model === model) return true;
    return false;
  }

  #add(needs: readonly ResourceNeed[], sign: 1 | -1): void {
    for (const { name, count } of needs) this.#used.set(name, this.#usedOf(name) + sign * count);
  }

  #usedOf(name: string): number {
    return this.#used.get(name) ?? 0;
  }

  #limitOf(name: string): number {
    const limit = this.#limits.get(name);
    if (limit !== undefined) return limit;
    let most = 0;
    for (const { needs } of this.#members) {
      for (const need of needs) if (need.name === name) most = Math.max(most, need.count);
    }
    return most;
  }
}

function standing({ turns, priority }: Member): number {
  return turns * priority;
}

const RESOURCE = /^(.+?):(\d{1,9})(?::\d+)?$/;

/**
 * `name:count` as Triton's flag writes it; a device behind it is passed over, there being one machine. Of a name that
 * comes twice the larger count holds. Throws `invalid_argument`.
 */
export function parseResources(texts: readonly string[]): ReadonlyMap<string, number> {
  const limits = new Map<string, number>();
  for (const text of texts) {
    const [, name, count] = RESOURCE.exec(text) ?? [];
    if (name === undefined) {
      throw invalidArgument(`engine.rateLimitResources: expected name:count or name:count:device, got '${text}'`);
    }
    limits.set(name, Math.max(limits.get(name) ?? 0, Number(count)));
  }
  return limits;
}
