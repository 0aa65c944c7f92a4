import {
  type Call,
  type CallContext,
  type Clock,
  type EventBus,
  excerpt,
  isOwnModel,
  MillraceError,
  shuttingDown,
} from '../../core/index.js';
import { admit } from '../../governance/index.js';
import { EventRing } from './event-ring.js';
import type { EventUseCases, FeedItem, Happening } from './types.js';

const CAPACITY = 1_024;
/** Followers of one owner, and of all. */
const MAX_PER_OWNER = 8;
const MAX_FOLLOWERS = 256;
const IDLE_MS = 15_000;
const MAX_REASON_LENGTH = 1_024;

interface FeedSetup {
  readonly events: EventBus;
  readonly clock: Clock;
}

/**
 * Keeps the last events for their followers. A follower is a place in the ring: one that reads slowly costs no memory, and misses the
 * events that have been overwritten.
 */
export class EventFeed implements EventUseCases {
  readonly #clock: Clock;
  readonly #ring: EventRing;
  readonly #followers = new Map<string, number>();
  #ended = false;
  readonly #waiting = new Set<() => void>();

  constructor({ events, clock }: FeedSetup) {
    this.#clock = clock;
    this.#ring = new EventRing({ capacity: CAPACITY, epoch: Math.trunc(clock.wallNow()).toString(36) });
    events.subscribe('modelStateChanged', ({ ref: { name, version }, state, loadMs }) => {
      if (isOwnModel(name)) return;
      const reason = 'reason' in state && state.reason !== undefined ? shortened(state.reason) : undefined;
      this.add({ kind: 'model.state', model: name, version, state: state.kind, reason, loadMs });
    });
    events.subscribe('runnerStarted', ({ runner, pid, startMs }) => {
      this.add({ kind: 'runner.started', runner, pid, startMs });
    });
    events.subscribe('runnerExited', ({ runner, pid, reason, expected }) => {
      this.add({ kind: 'runner.exited', runner, pid, reason: shortened(reason), isExpected: expected });
    });
    events.subscribe('rolloutDecided', ({ model, canary, rollout, action, by, reason }) => {
      this.add({ kind: 'rollout.decided', model, canary, rollout, action, by, reason: shortened(reason) });
    });
  }

  add(happening: Happening): void {
    this.#ring.add(happening, this.#clock.wallNow());
    this.#wakeAll();
  }

  /** Ends what is followed; nothing can be followed any more. */
  end(): void {
    this.#ended = true;
    this.#wakeAll();
  }

  async *follow(call: Call, after: string | undefined): AsyncGenerator<FeedItem> {
    admit(call.principal, 'server.read', '');
    const leave = this.#enter(call.principal.ownerId);
    try {
      const ring = this.#ring;
      let number = ring.newest;
      yield { kind: 'begun' };
      if (after !== undefined) {
        const known = ring.numberOf(after);
        number = known ?? ring.oldest - 1;
        if (known === undefined) yield this.#gap(number, undefined);
      }
      while (!this.#ended && !call.signal.aborted) {
        if (number === ring.newest) {
          if (await this.#wait(call.signal)) yield { kind: 'idle' };
          continue;
        }
        const missed = ring.oldest - 1 - number;
        number = missed > 0 ? ring.oldest - 1 : number + 1;
        const event = ring.at(number);
        if (missed > 0) yield this.#gap(number, missed);
        else if (event !== undefined && isShown(call, event.happening)) yield { kind: 'event', event };
      }
    } finally {
      leave();
    }
  }

  #gap(number: number, missed: number | undefined): FeedItem {
    return { kind: 'gap', id: this.#ring.idOf(number), atMs: this.#clock.wallNow(), missed };
  }

  #enter(owner: string): () => void {
    if (this.#ended) throw shuttingDown();
    const own = this.#followers.get(owner) ?? 0;
    const all = [...this.#followers.values()].reduce((sum, each) => sum + each, 0);
    if (own >= MAX_PER_OWNER || all >= MAX_FOLLOWERS) {
      const limit = own >= MAX_PER_OWNER ? `${MAX_PER_OWNER} of this caller are` : `${MAX_FOLLOWERS} are`;
      throw new MillraceError('resource_exhausted', `too many streams of events: ${limit} open`, {
        retryAfterMs: IDLE_MS,
      });
    }
    this.#followers.set(owner, own + 1);
    return () => {
      const left = (this.#followers.get(owner) ?? 1) - 1;
      if (left === 0) this.#followers.delete(owner);
      else this.#followers.set(owner, left);
    };
  }

  /** Waits for the next event, the end, or the signal; true: nothing of these has come for {@link IDLE_MS}. */
  #wait(signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const done = (isIdle: boolean) => {
        timer.clear();
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve(isIdle);
      };
      const wake = () => done(false);
      const timer = this.#clock.setTimer(IDLE_MS, () => done(true));
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }

  #wakeAll(): void {
    for (const wake of this.#waiting) wake();
  }
}

/** Whether the caller may know of it, by the rights that it has now. */
function isShown({ principal: { rights } }: CallContext, happening: Happening): boolean {
  switch (happening.kind) {
    case 'model.state':
      return rights.allowOwn('model.observe', happening.model);
    case 'rollout.decided':
      return rights.allowOwn('rollout.read', happening.model);
    case 'runner.started':
    case 'runner.exited':
      // Its label names a model, and metrics have it as well.
      return rights.allow('metrics.read', '*');
    case 'change':
      return rights.allow('audit.read', '*');
    default:
      return happening satisfies never;
  }
}

const shortened = (text: string) => excerpt(text, MAX_REASON_LENGTH);
