import { LOG_MOST } from './bets.js';
import { type DealtValues, logDealRatio } from './dealt-values.js';
import type { Observation } from './observation.js';

/** One user at the highest share yet. Plain JSON, as [key, share, from, isCanary, requests, flagged]. */
export type UserState = readonly [number, number, number, 0 | 1, number, number];

interface User {
  readonly share: number;
  /** As that of a stratum of a block. */
  readonly from: number;
  readonly isCanary: boolean;
  requests: number;
  flagged: number;
}

/** Users that are kept; those who come first. More are compared well enough by their first requests. */
const MOST_USERS = 500;

/** Odds that a user is canary's, compared between users of whom all requests have the trait and none has: from small differences to large ones. */
const LOG_ODDS: readonly number[] = [1.5, 5, 15, 50];

/** Adds up how many requests of each user have a trait. */
export class UserTotals {
  readonly #users: Map<number, User>;

  constructor(users: readonly UserState[] = []) {
    this.#users = new Map(
      users.map(([key, share, from, isCanary, requests, flagged]) => {
        return [key, { share, from, isCanary: isCanary === 1, requests, flagged }];
      }),
    );
  }

  /** A request at a share: where that is higher than it was for the user, their total begins anew. */
  add(key: number, { share, arm }: Pick<Observation, 'share' | 'arm'>, isFlagged: boolean): void {
    let user = this.#users.get(key);
    if (user === undefined) {
      if (this.#users.size === MOST_USERS) return;
      user = { share, from: 0, isCanary: arm === 'canary', requests: 0, flagged: 0 };
      this.#users.set(key, user);
    } else if (user.share < share && !user.isCanary) {
      user = { share, from: user.share, isCanary: arm === 'canary', requests: 0, flagged: 0 };
      this.#users.set(key, user);
    }
    if (user.share !== share) return;
    user.requests++;
    if (isFlagged) user.flagged++;
  }

  /**
   * The evidence (an e-value) that users whom chance has assigned to canary at the share have the trait more often: 1 on average where users of
   * both arms are alike.
   */
  evidence(share: number): number {
    const strata = [...this.#strata(share).values()];
    let evidence = 0;
    for (const odds of LOG_ODDS) {
      const log = strata.reduce((sum, stratum) => sum + logDealRatio(stratum, Math.exp(odds)), 0);
      evidence += Math.exp(Math.min(log, LOG_MOST)) / LOG_ODDS.length;
    }
    return evidence;
  }

  snapshot(): readonly UserState[] {
    return [...this.#users].map(([key, { share, from, isCanary, requests, flagged }]) => {
      return [key, share, from, isCanary ? 1 : 0, requests, flagged];
    });
  }

  /** By the share at which they were stable's before. */
  #strata(of: number): ReadonlyMap<number, DealtValues> {
    const strata = new Map<number, { values: number[]; isCanary: boolean[] }>();
    for (const { share, from, isCanary, requests, flagged } of this.#users.values()) {
      if (share !== of) continue;
      const stratum = strata.get(from) ?? { values: [], isCanary: [] };
      strata.set(from, stratum);
      stratum.values.push(flagged / requests);
      stratum.isCanary.push(isCanary);
    }
    return strata;
  }
}
