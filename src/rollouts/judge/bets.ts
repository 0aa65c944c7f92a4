import { logLikelihoodRatio, type TwoByTwo } from './two-by-two.js';

/** Stakes a part of what a trait begins with on this: its odds are `odds` times as high in canary as in stable, and not `tolerated` times. */
export interface Bet {
  readonly odds: number;
  readonly tolerated: number;
  /** What is staked. The bets on a trait stake 1 together. */
  readonly stake: number;
}

/** How much worse than tolerated canary may be, and what is staked on it: nobody knows in advance, and a bet on too much loses. */
const FACTORS: readonly (readonly [factor: number, stake: number])[] = [
  [1.2, 0.1],
  [1.5, 0.2],
  [2, 0.3],
  [3, 0.2],
  [6, 0.1],
  [20, 0.1],
];

/** Bets that a trait is more frequent in canary than tolerated. */
export function betsOnMore(tolerated: number): readonly Bet[] {
  return FACTORS.map(([factor, stake]) => ({ odds: tolerated * factor, tolerated, stake }));
}

/** Bets that it is more frequent in canary than tolerated, or less. */
export function betsOnChange(tolerated: number): readonly Bet[] {
  const half = betsOnMore(tolerated).map((bet) => ({ ...bet, stake: bet.stake / 2 }));
  return [...half, ...half.map((bet) => ({ ...bet, odds: 1 / bet.odds, tolerated: 1 / tolerated }))];
}

/**
 * What one block multiplies a stake by at most. What happens to an arm in a moment (its process collects garbage, or is started again) is one
 * event, however many requests it hits: several moments have to speak against canary.
 */
export const LOG_MOST_A_BLOCK = Math.log(2);

/** ln of what a block multiplies a stake by: 1 on average at most, unless the trait's odds are higher in canary than tolerated. */
export function logPayoff(table: TwoByTwo, { odds, tolerated }: Bet): number {
  // What all requests have, or none, says nothing of the arms.
  if (table.flagged === 0 || table.flagged === table.size || table.canary === 0 || table.canary === table.size)
    return 0;
  return Math.min(logLikelihoodRatio(table, odds, tolerated), LOG_MOST_A_BLOCK);
}

/** Where ln of a stake is left at, so that no sum of stakes overflows. Long before, the rollout is over. */
const LOG_MOST = 600;

/** What has become of the stakes on a trait, as ln of the factor by which each has changed. */
export class Stakes {
  readonly #bets: readonly Bet[];
  readonly #logs: number[];

  constructor(bets: readonly Bet[], logs: readonly number[] = []) {
    this.#bets = bets;
    this.#logs = bets.map((_, index) => logs[index] ?? 0);
  }

  settle(logPayoffOf: (bet: Bet) => number): void {
    for (const [index, bet] of this.#bets.entries()) {
      this.#logs[index] = Math.min((this.#logs[index] ?? 0) + logPayoffOf(bet), LOG_MOST);
    }
  }

  /** The evidence (an e-value): what 1 has become. */
  worth(): number {
    return this.#bets.reduce((sum, { stake }, index) => sum + stake * Math.exp(this.#logs[index] ?? 0), 0);
  }

  snapshot(): readonly number[] {
    return [...this.#logs];
  }
}
