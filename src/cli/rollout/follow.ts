import { type ApiEndpoints, endpointPath, type PastRollout, type Rollout, type RolloutState } from '../../api/index.js';
import { type MillraceApi, MillraceClientError } from '../../client/index.js';
import { MillraceError } from '../../core/index.js';
import { EXIT_CODES } from '../exit-code.js';
import { lookPatiently } from '../following/outages.js';
import { untilSignal } from '../following/until-signal.js';
import type { Io } from '../io.js';
import { EXIT_OF, type FollowOutcome, planLook } from './plan-look.js';

/** Shows a rollout while it is followed. */
export interface FollowView {
  /** At each look that was answered. */
  show(rollout: Rollout): void;
  /** Once, where it is over and `later` has begun since. */
  showPast(past: PastRollout, later: Rollout): void;
  /** Last of all. */
  end(outcome: FollowOutcome): void;
}

export interface Following {
  readonly api: MillraceApi;
  readonly model: string;
  readonly view: FollowView;
  /** Default: no limit. */
  readonly maxWaitMs?: number | undefined;
  /** Of one request; default 10 s. */
  readonly timeoutMs?: number | undefined;
}

const REQUEST_TIMEOUT_MS = 10_000;

/** The page that reports the rollout of a model, by the server's address. */
export function reportUrl(url: string, model: string): string {
  return `${url.replace(/\/+$/, '')}${endpointPath('GET /models/{model}/rollout', { model })}/report`;
}

/**
 * Follows the rollout of a model that is not over, else the last one, until it is over or paused; resolves with the exit code.
 * Rejects where the first request fails, and where the server stays away later.
 */
export async function followRollout(io: Io, following: Following): Promise<number> {
  const work = async (signal: AbortSignal) => {
    const outcome = await new Follower(io, following, signal).follow();
    following.view.end(outcome);
    return EXIT_CODES[EXIT_OF[outcome]].code;
  };
  return untilSignal(io, work, 'stopped waiting; this does not stop the rollout\n');
}

type Look = 'GET /models/{model}/rollout' | 'GET /models/{model}/rollout/history';

class Follower {
  readonly #io: Io;
  readonly #following: Following;
  readonly #signal: AbortSignal;
  readonly #endsAtMs: number;

  constructor(io: Io, following: Following, signal: AbortSignal) {
    this.#io = io;
    this.#following = following;
    this.#signal = signal;
    this.#endsAtMs = io.clock.now() + (following.maxWaitMs ?? Number.POSITIVE_INFINITY);
  }

  async follow(): Promise<FollowOutcome> {
    const { view } = this.#following;
    const first = await this.#ask('GET /models/{model}/rollout');
    view.show(first);
    for (let state = first.state; ; state = await this.#lookAgain(first)) {
      const step = planLook(state, this.#leftMs());
      if (step.kind === 'end') return step.outcome;
      await this.#pause(step.delayMs);
    }
  }

  /** The state of the rollout at the next look that is answered. */
  #lookAgain(followed: Rollout): Promise<RolloutState> {
    const patience = { signal: this.#signal, leftMs: () => this.#leftMs() };
    return lookPatiently(this.#io, () => this.#look(followed), patience);
  }

  async #look(followed: Rollout): Promise<RolloutState> {
    const { view, model } = this.#following;
    const current = await this.#ask('GET /models/{model}/rollout').catch((error: unknown) => {
      throw isUnknown(error) ? forgotten(followed, error) : error;
    });
    if (current.id === followed.id) {
      view.show(current);
      return current.state;
    }
    const { rollouts } = await this.#ask('GET /models/{model}/rollout/history');
    const past = rollouts.find(({ id }) => id === followed.id);
    if (past === undefined) throw forgotten(followed, `another rollout of '${model}' has begun`);
    view.showPast(past, current);
    return past.state;
  }

  async #ask<Name extends Look>(name: Name): Promise<ApiEndpoints[Name]['answer']> {
    const { api, model, timeoutMs = REQUEST_TIMEOUT_MS } = this.#following;
    const { body } = await api.ask<Look>(name, { params: { model } }, { timeoutMs, signal: this.#signal });
    return body;
  }

  #leftMs(): number {
    return this.#endsAtMs - this.#io.clock.now();
  }

  async #pause(delayMs: number): Promise<void> {
    await this.#io.clock.sleep(delayMs, this.#signal);
    this.#signal.throwIfAborted();
  }
}

function isUnknown(error: unknown): error is MillraceClientError {
  return error instanceof MillraceClientError && error.code === 'not_found';
}

/** A server with another store, or one that has forgotten old rollouts. */
function forgotten({ model, canary }: Rollout, why: string | MillraceClientError): MillraceError {
  const reason = typeof why === 'string' ? why : why.message;
  const message = `the server no longer knows the rollout of '${model}' to version ${canary}, so its outcome is unknown: ${reason}`;
  return new MillraceError('not_found', message, typeof why === 'string' ? {} : { cause: why });
}
