import { logLikelihood, type TwoByTwo } from './two-by-two.js';

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

/** What all requests have, or none, says nothing of the arms. */
function isTelling({ size, canary, flagged }: TwoByTwo): boolean {
  return flagged > 0 && flagged < size && canary > 0 && canary < size;
}

/** Where ln of a stake is left at, so that no sum of stakes overflows. Long before, the rollout is over. */
export const LOG_MOST = 600;

/** What has become of the stakes on a trait, as ln of the factor by which each has changed. */
export class Stakes {
  readonly #bets: readonly Bet[];
  readonly #logs: number[];
  #worth: number;

  constructor(bets: readonly Bet[], logs: readonly number[] = []) {
    this.#bets = bets;
    this.#logs = bets.map((_, index) => logs[index] ?? 0);
    this.#worth = bets.reduce((sum, { stake }, index) => sum + stake * Math.exp(this.#logs[index] ?? 0), 0);
  }

  /**
   * A block has ended, in which the trait is spread like that over its strata. The arms of one say nothing of those of another, so that what they
   * pay is multiplied: 1 on average at most, unless the trait's odds are higher in canary than tolerated. All of them together are one block.
   */
  settle(strata: readonly TwoByTwo[]): void {
    if (!strata.some(isTelling)) return;
    let tolerated = Number.NaN;
    let asTolerated = 0;
    this.add((bet) => {
      // Many bets are compared with the same odds.
      if (bet.tolerated !== tolerated) {
        tolerated = bet.tolerated;
        asTolerated = logLikelihoodOf(strata, tolerated);
      }
      return Math.min(logLikelihoodOf(strata, bet.odds) - asTolerated, LOG_MOST_A_BLOCK);
    });
  }

  /** Multiplies each stake by what its bet is paid. */
  add(logPayoffOf: (bet: Bet) => number): void {
    let worth = 0;
    for (let index = 0; index < this.#bets.length; index++) {
      const bet = this.#bets[index];
      if (bet === undefined) continue;
      const log = Math.min((this.#logs[index] ?? 0) + logPayoffOf(bet), LOG_MOST);
      this.#logs[index] = log;
      worth += bet.stake * Math.exp(log);
    }
    this.#worth = worth;
  }

  /** The evidence (an e-value): what 1 has become. */
  worth(): number {
    return this.#worth;
  }

  snapshot(): readonly number[] {
    return [...this.#logs];
  }
}

function logLikelihoodOf(strata: readonly TwoByTwo[], odds: number): number {
  let log = 0;
  for (const table of strata) log += logLikelihood(table, odds);
  return log;
}
