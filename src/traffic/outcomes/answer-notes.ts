import {
  type Call,
  type Clock,
  type EventBus,
  hashText,
  type InferResponse,
  type MillraceError,
  toMillraceError,
} from '../../core/index.js';
import type { ArmChoice } from '../../inference/index.js';
import type { Route, RouteArm } from '../../routing/index.js';
import type { FoundAnswer, NotedAnswer, OutcomeRecords } from '../../store/index.js';
import type { RouteTap, TapListener } from '../routes/route-taps.js';
import { answeredClass } from './answered-class.js';

/** Answers wait so long to be noted together. */
const GATHER_MS = 100;
/** That wait to be noted; more are dropped. */
const MAX_WAITING = 10_000;
const EXPIRE_EVERY_MS = 60_000;

interface AnswerNotesSetup {
  readonly records: OutcomeRecords;
  readonly clock: Clock;
  readonly events: EventBus;
  /** Of answers that count as missing. */
  readonly onMissing: (answers: readonly NotedAnswer[]) => void;
}

/**
 * Notes which arm has answered which request, of routes that collect outcomes, in groups and behind the answers: what has been answered in
 * the last moment before the process is killed may be lost.
 */
export class AnswerNotes implements RouteTap {
  readonly #setup: AnswerNotesSetup;
  #waiting = new Map<string, NotedAnswer>();
  #writing: ReadonlyMap<string, NotedAnswer> = new Map();
  #written: Promise<void> | undefined;
  #isTimed = false;
  #isFailing = false;
  #expiredAt = Number.NEGATIVE_INFINITY;
  #dropped = 0;

  constructor(setup: AnswerNotesSetup) {
    this.#setup = setup;
  }

  wants({ outcomes }: ArmChoice['route']): boolean {
    return outcomes !== undefined;
  }

  /** That could not be noted since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  began({ route, arm, info, isDealt, key }: ArmChoice, call: Call): TapListener | undefined {
    const { outcomes } = route;
    // Calls between models have the request id of the caller's own request.
    if (outcomes === undefined || call.callers.length > 0 || call.account === 'none') return undefined;
    let answered: string | undefined;
    return {
      ...(outcomes.kind === 'label' && {
        onResponse: (response: InferResponse) => {
          answered = answeredClass(response, info.signature);
        },
      }),
      onEnd: (error) => {
        if (error !== undefined) return;
        const answeredAtMs = this.#setup.clock.wallNow();
        const { kind, low, high, better, missing } = outcomes;
        this.#add({
          principal: call.principal.name,
          ownerId: call.principal.ownerId,
          requestId: call.requestId,
          route: route.name,
          arm: arm.name,
          model: info.ref.name,
          version: info.ref.version,
          // A closed arm gets no keys by chance.
          share: isDealt && (key === undefined || route.closed === undefined) ? shareOf(route, arm) : undefined,
          key: key === undefined ? undefined : hashText(key).low,
          answeredAtMs,
          expiresAtMs: answeredAtMs + outcomes.windowMs,
          kind,
          low,
          high,
          better,
          missing,
          answeredClass: answered,
        });
      },
    };
  }

  /** Notes it first where it is still to be noted. */
  async find(principal: string, requestId: string): Promise<FoundAnswer | undefined> {
    const key = keyOf(principal, requestId);
    if (this.#writing.has(key)) await this.#written;
    if (this.#waiting.has(key)) await this.flush();
    return this.#setup.records.find(principal, requestId);
  }

  /** Stores all waiting notes. Never rejects: a note that cannot be stored is dropped. */
  async flush(): Promise<void> {
    while (this.#written !== undefined) await this.#written;
    if (this.#waiting.size === 0) return;
    this.#writing = this.#waiting;
    this.#waiting = new Map();
    this.#written = this.#write([...this.#writing.values()]);
    await this.#written;
  }

  /** Forgets those whose time is over. */
  async expire(): Promise<void> {
    this.#expiredAt = this.#setup.clock.now();
    for (let hasMore = true; hasMore; ) {
      const expired = await this.#setup.records.expire(this.#setup.clock.wallNow());
      hasMore = expired.hasMore;
      if (expired.missing.length > 0) this.#setup.onMissing(expired.missing);
    }
  }

  #add(answer: NotedAnswer): void {
    const key = keyOf(answer.principal, answer.requestId);
    if (this.#waiting.size >= MAX_WAITING && !this.#waiting.has(key)) {
      this.#drop(1, undefined);
      return;
    }
    this.#waiting.set(key, answer);
    if (this.#isTimed) return;
    this.#isTimed = true;
    this.#setup.clock.setTimer(GATHER_MS, () => {
      this.#isTimed = false;
      void this.flush();
    });
  }

  async #write(answers: readonly NotedAnswer[]): Promise<void> {
    try {
      await this.#setup.records.note(answers);
      this.#isFailing = false;
      if (this.#setup.clock.now() - this.#expiredAt >= EXPIRE_EVERY_MS) await this.expire();
    } catch (error) {
      this.#drop(answers.length, toMillraceError(error));
    } finally {
      this.#writing = new Map();
      this.#written = undefined;
    }
  }

  /** Says it once, until it works again. */
  #drop(count: number, error: MillraceError | undefined): void {
    this.#dropped += count;
    if (this.#isFailing) return;
    this.#isFailing = true;
    const why = error?.message ?? `more than ${MAX_WAITING} wait for the store`;
    const message = `answers of routes that collect outcomes are not noted, and their outcomes will be refused: ${why}`;
    this.#setup.events.publish('diagnostic', { level: 'warn', room: 'service', message, error });
  }
}

function shareOf({ arms }: Route, arm: RouteArm): number {
  return arm.weight / arms.reduce((sum, { weight }) => sum + weight, 0);
}

function keyOf(principal: string, requestId: string): string {
  return `${principal}\n${requestId}`;
}
